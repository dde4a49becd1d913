/** What all pages of ours look like: the panel's colours, sign-in, header and list of calls. */
export const pageCss = `
:root {
  color-scheme: light dark;
  --text: light-dark(#14212b, #e8eef2);
  --muted: light-dark(#52616d, #a3b3be);
  --line: light-dark(#dde4e8, #2d3a43);
  --surface: light-dark(#ffffff, #141c22);
  --raised: light-dark(#f5f7f8, #1c262d);
  --accent: light-dark(#0f6b62, #2dd4bf);
  --on-accent: light-dark(#ffffff, #04211d);
  --green: light-dark(#15803d, #22c55e);
  --green-tint: light-dark(#effaf3, #12281b);
  --green-text: light-dark(#14602f, #86efac);
  --green-line: light-dark(#aadcbc, #245c38);
  --yellow: #facc15;
  --yellow-tint: light-dark(#fefaea, #2a2410);
  --yellow-text: light-dark(#6b4a05, #fde68a);
  --yellow-line: light-dark(#e6c454, #7a661c);
  --red: light-dark(#c81e1e, #f87171);
  --red-tint: light-dark(#fef3f2, #301719);
  --red-text: light-dark(#991b1b, #fecaca);
  --red-line: light-dark(#f3b4b0, #7c3337);
  --shadow: 0 1px 2px rgb(16 32 44 / 6%), 0 8px 28px rgb(16 32 44 / 6%);
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0; min-block-size: 100vh; color: var(--text); background: light-dark(#eef2f4, #0b1115);
  font: 1rem/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif;
}
h1, h2, p, ul { margin: 0; padding: 0; }
.icon {
  inline-size: 1.25em; block-size: 1.25em; flex: none; fill: none; stroke: currentColor;
  stroke-width: 2; stroke-linecap: round; stroke-linejoin: round;
}
.said {
  position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.bar {
  display: flex; align-items: center; gap: 10px; padding: 12px 20px; background: var(--surface);
  border-block-end: 1px solid var(--line);
}
.bar h1 { font-size: 1.0625rem; letter-spacing: -0.01em; flex: 1; }
.mark { inline-size: 28px; block-size: 28px; }
.desk {
  display: grid; grid-template-columns: minmax(220px, 290px) minmax(0, 640px); gap: 24px; align-items: start;
  justify-content: center; padding: 28px 20px;
}
.calls h2 { font-size: 0.8125rem; font-weight: 600; color: var(--muted); padding: 4px 4px 8px; }
.calls ul { list-style: none; display: grid; gap: 6px; }
.calls .none { padding: 14px; border: 1px dashed var(--line); border-radius: 12px; color: var(--muted); font-size: 0.9375rem; }
button, input { font: inherit; color: inherit; }
.call {
  display: grid; grid-template-columns: 10px 1fr auto; gap: 2px 10px; align-items: baseline; inline-size: 100%;
  padding: 11px 14px; text-align: start; background: transparent; border: 1px solid transparent; border-radius: 12px; cursor: pointer;
}
.call:hover { background: color-mix(in srgb, var(--surface) 60%, transparent); }
.call[aria-current='true'] { background: var(--surface); border-color: var(--line); }
.call .lamp { inline-size: 9px; block-size: 9px; border-radius: 50%; border: 2px solid var(--muted); }
.call[data-state='active'] .lamp { background: light-dark(#15803d, #22c55e); border-color: transparent; }
.call[data-state='ringing'] .lamp { background: #facc15; border-color: transparent; }
.call .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.call time, .call small { color: var(--muted); font-size: 0.8125rem; }
.call small { grid-column: 2 / -1; }
.sign-in {
  max-inline-size: 400px; margin: 12vh auto 0; padding: 30px 28px; background: var(--surface);
  border: 1px solid var(--line); border-radius: 16px; display: grid; gap: 16px;
  box-shadow: 0 8px 28px rgb(16 32 44 / 7%);
}
.sign-in .mark { inline-size: 40px; block-size: 40px; }
.sign-in h1 { font-size: 1.3125rem; letter-spacing: -0.01em; }
.sign-in p { color: var(--muted); font-size: 0.9375rem; }
.sign-in label { display: grid; gap: 6px; font-weight: 600; font-size: 0.9375rem; }
.sign-in input {
  min-block-size: 44px; padding: 8px 12px; border: 1px solid light-dark(#8a98a2, #62727d); border-radius: 10px;
  background: var(--surface); inline-size: 100%;
}
.button {
  min-block-size: 44px; padding: 8px 18px; font-weight: 600; border: 1px solid transparent; border-radius: 10px;
  background: var(--accent); color: var(--on-accent); cursor: pointer;
}
a.button { display: inline-flex; align-items: center; justify-content: center; text-decoration: none; }
.button.quiet { background: transparent; color: var(--muted); min-block-size: 36px; padding: 4px 12px; }
.button.quiet:hover { background: var(--raised); color: var(--text); }
.sign-in .refused { color: light-dark(#991b1b, #fecaca); }
.keypad { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px; direction: ltr; }
.key {
  display: grid; place-items: center; align-content: center; min-block-size: 54px; cursor: pointer; color: var(--text);
  background: var(--raised); border: 1px solid transparent; border-radius: 12px; font-size: 1.3125rem; line-height: 1.1;
  font-weight: 550; transition: background-color 100ms, scale 100ms; touch-action: manipulation;
}
.key:hover:enabled { border-color: light-dark(#b9c5cc, #47565f); }
.key:active:enabled, .key.pressed { background: var(--accent); color: var(--on-accent); scale: 0.96; }
.key:disabled { cursor: not-allowed; color: var(--muted); border-color: var(--line); background: transparent; }
.key::after {
  content: attr(data-letters) / ''; min-block-size: 0.75rem; font-size: 0.625rem; font-weight: 600; letter-spacing: 0.1em;
  color: var(--muted);
}
.key[data-letters='']::after { content: none; }
.key:active:enabled::after, .key.pressed::after { color: inherit; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (max-width: 760px) {
  .desk { grid-template-columns: minmax(0, 1fr); padding: 14px 10px; gap: 14px; }
  .calls ul { max-block-size: 38vh; overflow: auto; }
  .bar { padding: 8px 12px; }
  .sign-in { margin: 24px 12px 0; padding: 22px 18px; }
}
`;
