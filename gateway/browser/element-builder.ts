/** The little DOM the panel needs: elements from attributes and children, and patches that touch only what changed. */

type Attributes = Readonly<Record<string, string>>;

/** Strings become text nodes: nothing here ever parses markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** Shows the text, or hides the element when there is none. */
export function showText(node: HTMLElement, text: string | undefined): void {
  show(node, text !== undefined && text !== '');
  setText(node, text ?? '');
}

export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function show(node: HTMLElement, visible: boolean): void {
  if (node.hidden === visible) node.hidden = !visible;
}

export function setAttribute(node: Element, name: string, value: string | undefined): void {
  if (value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}
