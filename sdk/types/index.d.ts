/** Types of the OpenKYC widget: what window.KYCWidget offers to a page. */

/** Status of a session; the last five are final. */
export type Status = 'idle' | 'processing' | 'success' | 'failed' | 'suspicious' | 'exception' | 'expired';

/**
 * The session object, as status, filter and webhooks send it. What reaches a
 * browser is for show: confirm it on your server.
 */
export interface SessionObject {
  status: Status;
  sessionId: string;
  errors: string[];
  version: number;
  schemaId: string;
  clientId: string;
  clientKey: string;
  clientUser: string;
  spent: number;
  createdAt: string;
  responseTime: string | null;
  isClientNew: boolean;
  secondsToLive: number;
  results: Array<Record<string, unknown> & { type: string; status: string }>;
}

/** Why a session did not end in success, or could not begin. */
export interface WidgetError {
  /** `failed`, `suspicious`, `expired` or `exception` for the end of a session; else the kind of fault. */
  code: string;
  message: string;
  requestId?: string;
}

export interface WidgetConfig {
  /** The scenario to go through; `scenarioId` is another name for it. */
  schemaId?: string;
  scenarioId?: string;
  /** The encrypted client key, made on your server. */
  clientKey: string;
  clientUser?: string;
  /** Left out: what the person's system prefers. */
  theme?: 'light' | 'dark';
  /** `en` or `ru`; left out: what the browser prefers. */
  lang?: string;
  /** Keep this much of the page free above and below: pixels or a CSS length. */
  topOffset?: number | string;
  bottomOffset?: number | string;
  /** Put the widget inside this element (or selector) instead of over the page. */
  container?: HTMLElement | string;
  debug?: boolean;
  successCb?: (payload: SessionObject) => void;
  /** Called once, when the widget is gone, after success too. */
  closeCb?: () => void;
  errorCb?: (error: WidgetError) => void;
  [unknown: string]: unknown;
}

export interface WidgetHandle {
  /** Closes the widget without asking. */
  close(): void;
}

export interface KYCWidget {
  setupKYC(config: WidgetConfig): WidgetHandle;
}

declare global {
  interface Window {
    KYCWidget: KYCWidget;
  }
}
