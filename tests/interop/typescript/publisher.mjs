// Publishes a client ID metadata document on this machine over https, as an application's website does.

import { readFileSync } from "node:fs";
import { createServer } from "node:https";

/** Serves one document and counts who reads it. The certificate is for `localhost`, and whoever reads must believe it. */
export class Publisher {
  reads = 0;
  #document;
  #server;

  /** `certificate` is its file without the ending; its key lies beside it. */
  constructor(certificate) {
    const files = { cert: readFileSync(`${certificate}.pem`), key: readFileSync(`${certificate}.key`) };
    this.#server = createServer(files, (_request, response) => {
      this.reads += 1;
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(this.#document));
    });
  }

  /** The client is who lies at the address that this returns. */
  async publish(metadata) {
    await new Promise((listening) => this.#server.listen(0, "127.0.0.1", listening));
    const url = `https://localhost:${this.#server.address().port}/oauth/client.json`;
    this.#document = { client_id: url, ...metadata };
    return url;
  }
}
