// The design system: a few tokens, a few classes. No outside asset of any kind.
import { css } from 'lit';

const light = css`
  --bg: #f4f5f8;
  --surface: #ffffff;
  --raised: #f4f6fa;
  --text: #161b26;
  --muted: #545e70;
  --line: #dde2ea;
  --accent: #2f54d0;
  --accent-strong: #2443ad;
  --accent-soft: #e9eefd;
  --on-accent: #ffffff;
  --good: #0f7048;
  --good-soft: #e2f4ea;
  --warn: #855000;
  --warn-soft: #fdf1dc;
  --bad: #b3261e;
  --bad-soft: #fdeae8;
  --shadow: 0 1px 2px rgb(20 28 45 / 0.06), 0 18px 50px rgb(20 28 45 / 0.12);
`;

const dark = css`
  --bg: #0d1117;
  --surface: #161c25;
  --raised: #1e2631;
  --text: #eef1f6;
  --muted: #a6b0c0;
  --line: #2d3744;
  --accent: #93adff;
  --accent-strong: #b0c3ff;
  --accent-soft: #202b49;
  --on-accent: #0b1432;
  --good: #62d39b;
  --good-soft: #153226;
  --warn: #f3c067;
  --warn-soft: #35290f;
  --bad: #ff9d94;
  --bad-soft: #3d1d1b;
  --shadow: 0 1px 2px rgb(0 0 0 / 0.4), 0 18px 50px rgb(0 0 0 / 0.45);
`;

/** Tokens, on the root element only; they are inherited by everything below. */
export const tokens = css`
  :host { ${light} --radius: 14px; --gap: 16px; }
  @media (prefers-color-scheme: dark) { :host(:not([theme='light'])) { ${dark} } }
  :host([theme='dark']) { ${dark} }
`;

/** What every component starts from. */
export const base = css`
  :host { display: flex; flex-direction: column; box-sizing: border-box; color: var(--text); font: 400 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
  :host([hidden]), [hidden] { display: none !important; }
  *, *::before, *::after { box-sizing: border-box; }
  h1 { font-size: 1.375rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.01em; margin: 0; text-wrap: balance; }
  h1:focus { outline: none; }
  p { margin: 0; text-wrap: pretty; }
  .muted { color: var(--muted); }
  .small { font-size: 0.875rem; line-height: 1.45; }
  svg { display: block; flex: none; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

  button, .button {
    font: inherit; font-weight: 600; color: inherit; cursor: pointer; text-align: center;
    display: inline-flex; align-items: center; justify-content: center; gap: 10px;
    min-height: 48px; padding: 10px 20px; border-radius: var(--radius); border: 1px solid var(--line); background: var(--surface);
    transition: background-color 0.15s, border-color 0.15s, transform 0.1s; -webkit-tap-highlight-color: transparent; touch-action: manipulation;
  }
  button:hover, .button:hover { background: var(--raised); }
  button:active { transform: scale(0.985); }
  button:disabled { opacity: 0.5; cursor: default; }
  button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
  button.primary:hover { background: var(--accent-strong); border-color: var(--accent-strong); }
  button.plain { border-color: transparent; background: transparent; color: var(--accent); }
  button.plain:hover { background: var(--accent-soft); }
  button.icon { min-height: 44px; width: 44px; padding: 0; border-radius: 50%; border-color: transparent; background: transparent; color: var(--muted); }
  button.icon:hover { background: var(--raised); color: var(--text); }

  .screen { display: flex; flex-direction: column; gap: var(--gap); flex: 1 1 auto; min-height: 0; padding: 8px 20px 20px; }
  .intro { display: flex; flex-direction: column; gap: 6px; }
  .grow { flex: 1 1 auto; }
  .actions { display: flex; flex-direction: column; gap: 10px; margin-top: auto; padding-top: 8px; }
  .actions > button { width: 100%; }
  /* In reach of a thumb however long the text above is; not where a keyboard or a phone on its side leaves little room. */
  @media (min-height: 500px) {
    .screen .actions { position: sticky; bottom: 0; z-index: 1; background: var(--surface); margin-bottom: -20px; padding-bottom: 20px; }
  }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { animation: none !important; transition: none !important; }
  }
`;

/** The camera's stage with its guides, hint and controls. */
export const stage = css`
  .stage { position: relative; flex: 1 1 auto; min-height: 220px; border-radius: 18px; overflow: hidden; background: #0a0d12; isolation: isolate; }
  .stage video { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
  .stage.mirrored video { transform: scaleX(-1); }
  .stage svg.guide { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
  .veil { fill: rgb(8 11 16 / 0.55); }
  .edge { fill: none; stroke: #ffffff; stroke-width: 3; stroke-linecap: round; transition: stroke 0.2s; }
  .edge.good { stroke: #5fe3a4; }
  .quad { fill: rgb(95 227 164 / 0.16); stroke: #5fe3a4; stroke-width: 2.5; stroke-linejoin: round; }
  .ring { fill: none; stroke: #5fe3a4; stroke-width: 6; stroke-linecap: round; transition: stroke-dasharray 0.25s; }
  .hint {
    position: absolute; left: 50%; bottom: 14px; transform: translateX(-50%); max-width: calc(100% - 28px); width: max-content; text-align: center;
    padding: 9px 16px; border-radius: 999px; background: rgb(8 11 16 / 0.82); color: #ffffff; font-weight: 600; font-size: 0.9375rem; line-height: 1.3;
  }
  .hint.good { background: #0f6b45; }
  .waiting { position: absolute; inset: 0; display: grid; place-items: center; color: #cfd6e2; }
  .controls { display: grid; grid-template-columns: 1fr auto 1fr; align-items: center; gap: 8px; min-height: 80px; }
  .controls > :last-child { justify-self: end; }
  .controls > :first-child { justify-self: start; }
  button.shutter { width: 76px; height: 76px; min-height: 76px; padding: 0; border-radius: 50%; border: 4px solid var(--accent); background: var(--surface); }
  button.shutter::before { content: ''; width: 54px; height: 54px; border-radius: 50%; background: var(--accent); transition: transform 0.1s; }
  button.shutter:active::before { transform: scale(0.9); }
  .side { gap: 6px; padding: 8px 4px; font-size: 0.875rem; line-height: 1.2; border-color: transparent; background: transparent; color: var(--accent); min-width: 44px; }
  .side:hover { background: var(--accent-soft); }
  /* A phone on its side: the camera's picture beside what is said and pressed. */
  @media (max-height: 480px) and (min-width: 560px) {
    .screen { display: grid; grid-template: auto auto minmax(0, 1fr) / minmax(0, 3fr) minmax(0, 2fr); gap: 8px 16px; padding: 0 16px 12px; align-items: start; }
    .screen > * { grid-column: 2; }
    .screen > .stage { grid-column: 1; grid-row: 1 / span 3; position: sticky; top: 0; height: calc(100vh - 76px); min-height: 0; }
    .screen > .actions { margin-top: 0; }
    h1 { font-size: 1.125rem; overflow-wrap: anywhere; hyphens: auto; }
    .warning { overflow-wrap: anywhere; }
    .controls { grid-template-columns: 1fr auto 1fr; min-height: 0; }
  }
`;
