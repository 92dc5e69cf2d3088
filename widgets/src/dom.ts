/**
 * Builds elements without markup strings: nothing here can inject, and a page with Trusted Types
 * or `default-src 'none'` needs no exception for us.
 */
type Child = Node | string | null | undefined | false;
type Props = Record<string, string | boolean | number | ((event: Event) => void) | null | undefined>;

/**
 * An element from `tag.name.name`: its names are classes for our sheet and parts for the host's.
 * `on…` props are listeners, false and null are left out, true is a bare attribute.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  spec: K | `${K}.${string}`,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const [tag, ...names] = spec.split(".");
  const element = document.createElement(tag as K);
  if (names[0]) props.class = props.part = names.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value) element.setAttribute(name, value === true ? "" : `${value}`);
  }
  element.append(...(children.filter(Boolean) as (Node | string)[]));
  return element;
}

/** 24 × 24, drawn after lucide (ISC licence). */
const ICONS = {
  info: ["M12 16v-4", "M12 8h.01", "M22 12a10 10 0 1 1-20 0a10 10 0 1 1 20 0"],
  check: ["M20 6 9 17l-5-5"],
  seal: ["M12 2q4 3 8 3v8q0 6-8 9-8-3-8-9V5q4 0 8-3z", "m9 12 2 2 4-4"],
};

export function icon(name: keyof typeof ICONS): SVGElement {
  const make = (tag: string, attributes: Record<string, string>): SVGElement => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag) as SVGElement;
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };
  const svg = make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: `i ${name}` });
  svg.append(...ICONS[name].map((d) => make("path", { d })));
  return svg;
}
