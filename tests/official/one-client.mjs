// Has pglite-sync use the client that everybody else uses, as an import map does in a browser: npm
// gives it an older one of its own.

import { register } from "node:module";

const client = import.meta.resolve("@electric-sql/client");
const hooks = `export const resolve = (name, context, next) =>
  name === "@electric-sql/client"
    ? { url: ${JSON.stringify(client)}, shortCircuit: true }
    : next(name, context);`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`);
