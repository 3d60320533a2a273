// xterm.js 6 writes its rules into <style> elements, which a Content-Security-Policy without 'unsafe-inline' does not apply. While it
// opens it is given an element that takes the same text and puts it into a constructed style sheet instead (CSSOM: adoptedStyleSheets),
// which a policy allows because no markup can make one. Its `documentOverride` alone would not do: Viewport.ts asks `window.document`.

/** An element that is no <style>, but takes one's text. */
function standIn(): HTMLElement {
  const sheet = new CSSStyleSheet();
  const element = document.createElement('span');
  element.hidden = true;
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, 'textContent', {
    get: () => '',
    set: (text: string) => sheet.replaceSync(text),
  });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
}

/** Runs something that makes <style> elements, with stand-ins for them. Not for what goes on later. */
export function withStyleStandIns<T>(run: () => T): T {
  const create = document.createElement;
  const lent = (name: string, options?: ElementCreationOptions): HTMLElement =>
    name.toLowerCase() === 'style' ? withoutLoan(create, standIn) : create.call(document, name, options);
  document.createElement = lent as typeof create;
  try {
    return run();
  } finally {
    Reflect.deleteProperty(document, 'createElement');
  }
}

/** `standIn` itself makes an element. */
function withoutLoan<T>(create: typeof document.createElement, make: () => T): T {
  const lent = document.createElement;
  document.createElement = create;
  try {
    return make();
  } finally {
    document.createElement = lent;
  }
}
