// SPDX-License-Identifier: Apache-2.0

type Release = () => void;

/** Anything that takes listeners; `addEventListener` itself is called nowhere else. */
interface Source {
  addEventListener(type: string, listener: (event: Event) => void, options?: AddEventListenerOptions): void;
  removeEventListener(type: string, listener: (event: Event) => void, options?: AddEventListenerOptions): void;
}

/**
 * Owns what has to be given back: listeners, timers, frames, observers, connections.
 *
 * Closing releases in reverse order of acquisition. Whatever is added to a closed scope is released at once.
 */
export class Scope {
  private readonly releases = new Set<Release>();
  private closed = false;

  /** Calls `release` when the scope closes; returns a function that does so earlier (at most once). */
  add(release: Release): Release {
    if (this.closed) {
      release();
      return () => undefined;
    }
    const once = (): void => {
      if (this.releases.delete(once)) {
        release();
      }
    };
    this.releases.add(once);
    return once;
  }

  own<T extends { close(): unknown }>(thing: T): T {
    this.add(() => void thing.close());
    return thing;
  }

  child(): Scope {
    const child = new Scope();
    child.releases.add(this.add(() => { child.close(); }));
    return child;
  }

  // The caller names the event's class; the DOM promises it by the event's name.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  listen<T extends Event>(
    target: Source,
    type: string,
    listener: (event: T) => void,
    options?: AddEventListenerOptions,
  ): Release {
    const handler = listener as (event: Event) => void;
    target.addEventListener(type, handler, options);
    return this.add(() => { target.removeEventListener(type, handler, options); });
  }

  after(delayMs: number, run: () => void): Release {
    const id = setTimeout(() => {
      cancel();
      run();
    }, delayMs);
    const cancel = this.add(() => { clearTimeout(id); });
    return cancel;
  }

  every(periodMs: number, run: () => void): Release {
    const id = setInterval(run, periodMs);
    return this.add(() => { clearInterval(id); });
  }

  /** Runs before each repaint until released. `now` is performance.now() of the frame. */
  frames(run: (now: number) => void): Release {
    let id = 0;
    const tick = (now: number): void => {
      id = requestAnimationFrame(tick);
      run(now);
    };
    id = requestAnimationFrame(tick);
    return this.add(() => { cancelAnimationFrame(id); });
  }

  resized(element: Element, run: () => void): Release {
    const observer = new ResizeObserver(run);
    observer.observe(element);
    return this.add(() => { observer.disconnect(); });
  }

  close(): void {
    this.closed = true;
    for (const release of [...this.releases].reverse()) {
      release();
    }
  }
}
