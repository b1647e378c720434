// Reads an integrator's config: liberal in what it accepts, unknown keys ignored.
import type { WidgetConfig } from '../../types/index';
import { chooseLanguage, type Language } from '../shared/protocol';

export interface Options {
  schemaId: string;
  clientKey: string;
  clientUser: string;
  theme: 'light' | 'dark' | '';
  language: Language;
  debug: boolean;
  top: string;
  bottom: string;
  container: HTMLElement | null;
  success: (payload: never) => void;
  error: (error: { code: string; message: string }) => void;
  close: () => void;
}

export function readConfig(config: WidgetConfig): Options {
  const raw: Record<string, unknown> = typeof config === 'object' && config !== null ? config : {};
  const theme = text(raw['theme']);
  return {
    schemaId: text(raw['schemaId']) || text(raw['scenarioId']),
    clientKey: text(raw['clientKey']),
    clientUser: text(raw['clientUser']),
    theme: theme === 'light' || theme === 'dark' ? theme : '',
    language: chooseLanguage(raw['lang'], navigator.languages),
    debug: raw['debug'] === true || raw['debug'] === 'true',
    top: length(raw['topOffset']),
    bottom: length(raw['bottomOffset']),
    container: element(raw['container']),
    success: callback(raw['successCb']),
    error: callback(raw['errorCb']),
    close: callback(raw['closeCb']),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** Pixels or a plain CSS length; anything else is no offset. */
function length(value: unknown): string {
  const written = text(value).trim();
  if (/^\d+(\.\d+)?$/.test(written)) return `${written}px`;
  return /^\d+(\.\d+)?(px|rem|em|vh|dvh|%)$/.test(written) ? written : '0px';
}

function element(value: unknown): HTMLElement | null {
  if (value instanceof HTMLElement) return value;
  return typeof value === 'string' && value !== '' ? document.querySelector<HTMLElement>(value) : null;
}

/** A page's own mistake in a callback must not break the widget; it still shows in the console. */
function callback(value: unknown): (...args: unknown[]) => void {
  return (...args) => {
    if (typeof value !== 'function') return;
    try {
      (value as (...args: unknown[]) => void)(...args);
    } catch (fault) {
      setTimeout(() => {
        throw fault;
      });
    }
  };
}
