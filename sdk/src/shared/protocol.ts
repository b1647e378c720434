// What the loader on the host page and the widget in its iframe say to each
// other. Both sides check source, origin and the nonce of their instance.
import type { SessionObject, WidgetError } from '../../types/index';

export const PROTOCOL = 'openkyc/1';

/** What the widget needs and may not stand in its address. */
export interface Settings {
  clientKey: string;
  clientUser: string;
  debug: boolean;
}

export type ToWidget = { type: 'init'; settings: Settings } | { type: 'ask-close' };

export type ToLoader =
  | { type: 'ready' }
  | { type: 'success'; payload: SessionObject }
  | { type: 'error'; error: WidgetError }
  | { type: 'close' };

export interface Envelope<Message> {
  protocol: typeof PROTOCOL;
  nonce: string;
  message: Message;
}

export function wrap<Message>(nonce: string, message: Message): Envelope<Message> {
  return { protocol: PROTOCOL, nonce, message };
}

/** The message inside, or undefined when the event is not from the other side. */
export function unwrap<Message>(event: MessageEvent, source: unknown, origin: string, nonce: string): Message | undefined {
  const data: unknown = event.data;
  if (event.source !== source || event.origin !== origin || typeof data !== 'object' || data === null) return undefined;
  const envelope = data as Partial<Envelope<Message>>;
  if (envelope.protocol !== PROTOCOL || envelope.nonce !== nonce) return undefined;
  return envelope.message;
}

export type Language = 'en' | 'ru';

/** The first wanted language that there is a catalogue for. */
export function chooseLanguage(wanted: unknown, preferred: readonly string[]): Language {
  const list = typeof wanted === 'string' && wanted !== '' ? [wanted, ...preferred] : preferred;
  for (const tag of list) {
    const base = tag.toLowerCase().split(/[-_]/)[0];
    if (base === 'en' || base === 'ru') return base;
  }
  return 'en';
}
