/** The import way: `import { define } from "…/ileti.esm.js"; define();` */
import { define, IletiConsent, origin } from "./element";

origin.base = import.meta.url.replace(/\/static\/widgets\/.*$/, "");

export { define, IletiConsent };
export type { Channel, Choice, Receipt } from "./types";
