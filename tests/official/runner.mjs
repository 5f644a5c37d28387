// Electric's own clients, driven from outside: commands come in as lines of JSON, and what they
// answer and what the clients see goes out in the same way. It ends with its input.

import { createInterface } from "node:readline";
import { format } from "node:util";
import { Shape, ShapeStream } from "@electric-sql/client";

const streams = new Map();
const locals = new Map();
const syncs = new Map();
const releases = new Map();

const text = (key, value) => (typeof value === "bigint" ? String(value) : value);
const say = (message) => process.stdout.write(`${JSON.stringify(message, text)}\n`);
const told = (error) => ({
  name: error.name,
  message: error.message,
  status: error.status,
  body: error.json ?? error.text,
});

/** fetch, telling of each answer. */
const watched = (name) => async (address, options) => {
  const response = await fetch(address, options);
  const { status, headers } = response;
  const method = options?.method ?? "GET";
  const type = headers.get("content-type");
  say({ of: name, request: { address: String(address), method, status, type } });
  return response;
};

/** fetch whose first stream of events waits for a command, and then breaks before its first byte. */
const breaking = (name) => {
  const plain = watched(name);
  return async (address, options) => {
    if (!String(address).includes("live_sse=true") || releases.has(name)) {
      return plain(address, options);
    }
    await new Promise((release) => {
      releases.set(name, release);
      say({ of: name, held: true });
    });
    const { status, headers } = await plain(address, options);
    const broken = new ReadableStream({ start: (body) => body.error(new TypeError("broken")) });
    return new Response(broken, { status, headers });
  };
};

const commands = {
  /** Open a stream, and a Shape on it. */
  open({ name, options, breaks }) {
    const aborter = new AbortController();
    const stream = new ShapeStream({
      ...options,
      fetchClient: breaks ? breaking(name) : watched(name),
      signal: aborter.signal,
      warnOnHttp: false,
    });
    stream.subscribe(
      (messages) => {
        const { shapeHandle: handle, lastOffset: offset } = stream;
        say({ of: name, messages, handle, offset });
      },
      (error) => say({ of: name, error: told(error) }),
    );
    const shape = new Shape(stream);
    shape.subscribe(({ rows }) => say({ of: name, rows }));
    streams.set(name, { stream, shape, aborter });
  },

  release({ name }) {
    releases.get(name)();
  },

  close({ name }) {
    streams.get(name).aborter.abort();
  },

  requestSnapshot({ name, options }) {
    return streams.get(name).shape.requestSnapshot(options);
  },

  fetchSnapshot({ name, options }) {
    return streams.get(name).stream.fetchSnapshot(options);
  },

  forceDisconnectAndRefresh({ name }) {
    return streams.get(name).stream.forceDisconnectAndRefresh();
  },

  /** Create a PGlite with pglite-sync; in memory unless it is given a folder. */
  async create({ name, folder }) {
    const { PGlite } = await import("@electric-sql/pglite");
    const { live } = await import("@electric-sql/pglite/live");
    const { electricSync } = await import("@electric-sql/pglite-sync");
    const extensions = { electric: electricSync(), live };
    const pg = await PGlite.create({ dataDir: folder, extensions });
    locals.set(name, pg);
  },

  async exec({ name, sql }) {
    await locals.get(name).exec(sql);
  },

  /** Tell of the rows of a query, now and whenever they change. */
  async watch({ name, local, sql }) {
    const { initialResults } = await locals
      .get(local)
      .live.query(sql, [], ({ rows }) => say({ of: name, rows }));
    say({ of: name, rows: initialResults.rows });
  },

  async syncShapeToTable({ name, local, options }) {
    const { electric } = locals.get(local);
    const sync = await electric.syncShapeToTable({
      ...watching(name, options),
      onError: failed(name),
    });
    syncs.set(name, sync);
  },

  async syncShapesToTables({ name, local, options }) {
    const { electric } = locals.get(local);
    const each = Object.entries(options.shapes);
    const sync = await electric.syncShapesToTables({
      ...options,
      shapes: Object.fromEntries(each.map(([key, one]) => [key, watching(name, one)])),
      onError: failed(name),
    });
    syncs.set(name, sync);
  },

  unsubscribe({ name }) {
    syncs.get(name).unsubscribe();
  },

  async shut({ name }) {
    await locals.get(name).close();
  },
};

const watching = (name, options) => ({
  ...options,
  shape: { ...options.shape, fetchClient: watched(name) },
});

const failed = (name) => (error) => say({ of: name, error: told(error) });

console.warn = (...words) => say({ warning: format(...words) });
process.on("unhandledRejection", (error) => say({ warning: format(error) }));

for await (const line of createInterface({ input: process.stdin })) {
  const { id, command, ...given } = JSON.parse(line);
  Promise.resolve()
    .then(() => commands[command](given))
    .then(
      (result) => say({ id, result: result ?? null }),
      (error) => say({ id, failure: told(error) }),
    );
}
process.exit();
