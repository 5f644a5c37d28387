/**
 * The product's page. Loaded once: links replace #page only, so modules listen on the document
 * and look at what is there.
 */
import "electric_sync/values";
import "./access.js";
import "./connection.js";
import "./dialogs.js";
import "./menus.js";
import "./navigation.js";
import "./sending.js";
import "./toasts.js";
import "./grid/start.js";
