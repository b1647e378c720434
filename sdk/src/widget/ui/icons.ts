// Line icons on a 24 grid, drawn here; decorative, so hidden from readers.
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

function icon(paths: SVGTemplateResult, size: number): TemplateResult {
  return html`<svg width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${paths}</svg>`;
}

const shapes = {
  close: svg`<path d="M6 6l12 12M18 6L6 18"/>`,
  document: svg`<rect x="3" y="5" width="18" height="14" rx="2.5"/><circle cx="8.5" cy="10.5" r="2"/><path d="M5.5 16c.5-1.6 1.6-2.4 3-2.4s2.5.8 3 2.4M14.5 9.5H18M14.5 12.5H18M14.5 15.5H17"/>`,
  letter: svg`<path d="M6.5 3.5h8l4 4v13h-12zM14.5 3.5v4h4M9.5 11.5h6M9.5 14.5h6M9.5 17.5h3.5"/>`,
  selfie: svg`<circle cx="12" cy="9" r="3.6"/><path d="M4.8 20c.9-3.9 3.6-5.8 7.2-5.8s6.3 1.9 7.2 5.8"/>`,
  liveness: svg`<circle cx="12" cy="10.5" r="4.2"/><path d="M12 3v1M3.5 10.5h2M18.5 10.5h2M5.5 8.5l-2 2 2 2M18.5 8.5l2 2-2 2M8 20c1-2 2.2-3 4-3s3 1 4 3"/>`,
  other: svg`<circle cx="12" cy="12" r="9"/><path d="M12 11v5M12 8h.01"/>`,
  check: svg`<path d="M5 12.5l4.5 4.5L19 7.5"/>`,
  camera: svg`<path d="M4 8.5A1.5 1.5 0 015.5 7h2L9 5h6l1.5 2h2A1.5 1.5 0 0120 8.5v9a1.5 1.5 0 01-1.5 1.5h-13A1.5 1.5 0 014 17.5z"/><circle cx="12" cy="13" r="3.5"/>`,
  cameraOff: svg`<path d="M3 3l18 18M8.5 5.7L9 5h6l1.5 2h2A1.5 1.5 0 0120 8.5v7.7M18.2 19H5.5A1.5 1.5 0 014 17.5v-9A1.5 1.5 0 015.5 7h1M14.8 14.9a3.5 3.5 0 01-4.7-4.7"/>`,
  swap: svg`<path d="M4 9.5A8 8 0 0118.5 7M20 4v4h-4M20 14.5A8 8 0 015.5 17M4 20v-4h4"/>`,
  upload: svg`<path d="M12 15.5V5M8 8.5L12 4.5l4 4M5 15.5v2A1.5 1.5 0 006.5 19h11a1.5 1.5 0 001.5-1.5v-2"/>`,
  lock: svg`<rect x="5" y="10.5" width="14" height="9.5" rx="2.2"/><path d="M8.5 10.5V8a3.5 3.5 0 017 0v2.5"/>`,
  unlock: svg`<rect x="5" y="10.5" width="14" height="9.5" rx="2.2"/><path d="M8.5 10.5V8a3.5 3.5 0 016.7-1.4"/>`,
  offline: svg`<path d="M3 3l18 18M5 12.2a10 10 0 014.3-2.6M19 12.2a10 10 0 00-5.2-2.8M8.2 15.6a5.5 5.5 0 017.6 0M2.5 8.8a14 14 0 013.6-2.4M21.5 8.8A14 14 0 0010.5 5.2M12 19h.01"/>`,
  clock: svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>`,
  warning: svg`<path d="M12 4.5l8.5 15h-17zM12 10.5v4M12 17h.01"/>`,
  cross: svg`<circle cx="12" cy="12" r="8.5"/><path d="M9 9l6 6M15 9l-6 6"/>`,
  person: svg`<circle cx="9.5" cy="8.5" r="3.3"/><path d="M3.5 19c.6-3.5 2.8-5.2 6-5.2 1.3 0 2.4.3 3.3.8"/><circle cx="16.5" cy="16" r="2.8"/><path d="M18.6 18.1L21 20.5"/>`,
  windows: svg`<rect x="3.5" y="7.5" width="12" height="12" rx="2"/><path d="M8.5 7.5v-1a2 2 0 012-2h8a2 2 0 012 2v8a2 2 0 01-2 2h-3"/>`,
  phone: svg`<rect x="7" y="2.5" width="10" height="19" rx="2.4"/><path d="M11 18.5h2"/>`,
  lids: svg`<path d="M2.5 12c2.600-4.300 5.800-6.500 9.500-6.500s6.900 2.200 9.500 6.500c-2.600 4.300-5.800 6.500-9.500 6.500S5.100 16.300 2.500 12z"/><circle cx="12" cy="12" r="3"/>`,
  grow: svg`<path d="M14.5 9.5L20 4M15 4h5v5M9.5 14.5L4 20M4 15v5h5"/>`,
  arrow: svg`<path d="M19 12H5M11 5.5L4.5 12l6.5 6.5"/>`,
};

export type Icon = keyof typeof shapes;

export function draw(name: Icon, size = 24): TemplateResult {
  return icon(shapes[name], size);
}
