// SPDX-License-Identifier: Apache-2.0
import { type IncomingMessage, type Server, createServer, request } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";

/** What a proxy does to answers on their way. */
export interface Meddling {
  /** Response headers it loses, as careless proxies do. */
  readonly without?: readonly string[];
  /** Text it puts before what is served under matching addresses. */
  readonly before?: { readonly address: RegExp; readonly text: string };
}

/** A reverse proxy that meddles. WebSockets pass untouched. */
export class Proxy {
  private constructor(private readonly server: Server, private readonly sockets: Set<Socket>) {}

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  static async start(port: number, { without = [], before }: Meddling): Promise<Proxy> {
    const sockets = new Set<Socket>();
    const server = createServer((incoming, outgoing) => {
      const { method, url, headers } = incoming;
      const onward = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
        const kept = Object.entries(answer.headers).filter(([name]) => !without.includes(name));
        const meddled = before !== undefined && before.address.test(url ?? "");
        outgoing.writeHead(
          answer.statusCode ?? 502,
          Object.fromEntries(meddled ? kept.filter(([name]) => name !== "content-length") : kept),
        );
        if (meddled) {
          outgoing.write(before.text);
        }
        answer.pipe(outgoing);
      });
      onward.on("error", () => outgoing.destroy());
      incoming.pipe(onward);
    });
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    server.on("upgrade", (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
      const onward = connect(port, "127.0.0.1", () => {
        const lines = incoming.rawHeaders.flatMap((name, i, all) => (i % 2 === 0 ? [`${name}: ${all[i + 1] ?? ""}`] : []));
        onward.write([`${incoming.method} ${incoming.url} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      onward.on("error", () => socket.destroy());
      socket.on("error", () => onward.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Proxy(server, sockets);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => this.server.close(resolve));
  }
}
