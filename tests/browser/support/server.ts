// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const kRoot = fileURLToPath(new URL("../../..", import.meta.url));
const kProgram = process.env["AURALIS_PROGRAM"] ?? `${kRoot}build/release/apps/auralis/auralis`;
const kStartMs = 30_000;

/** The real `auralis serve`, serving the built page. */
export class Server {
  private constructor(private readonly process: ChildProcess, readonly port: number) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves once /readyz answers. @param port 0 takes any that is free */
  static async start(port = 0, flags: readonly string[] = []): Promise<Server> {
    if (!existsSync(kProgram)) {
      throw new Error(`${kProgram} is not built; run make build`);
    }
    const environment = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("AURALIS_")),
    );
    const child = spawn(
      kProgram,
      ["serve", "--port", String(port), "--web-root", `${kRoot}web/dist`, "--seed", "7", ...flags],
      { env: environment, stdio: ["ignore", "pipe", "pipe"] },
    );
    let said = "";
    const announced = new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`the server did not start in time:\n${said}`));
      }, kStartMs);
      const listen = (data: Buffer): void => {
        said += data.toString();
        const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
        if (found !== null) {
          clearTimeout(timer);
          resolve(Number(found[1]));
        }
      };
      child.stdout.on("data", listen);
      child.stderr.on("data", listen);
      child.once("exit", (code) => {
        clearTimeout(timer);
        reject(new Error(`the server ended with ${code}:\n${said}`));
      });
    });
    const server = new Server(child, await announced);
    await server.untilReady();
    return server;
  }

  private async untilReady(): Promise<void> {
    const deadline = Date.now() + kStartMs;
    for (;;) {
      const ready = await fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false);
      if (ready) {
        return;
      }
      if (Date.now() > deadline) {
        throw new Error("the server never became ready");
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** SIGKILL: no goodbye to anybody. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) {
      return;
    }
    const ended = once(this.process, "exit");
    this.process.kill(signal);
    const lastResort = setTimeout(() => this.process.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(lastResort);
  }
}
