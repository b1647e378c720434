// The widget's side of the capture API. The credential lives in this object
// only; nothing is ever written to the browser's storage.
import type { SessionObject } from '../../types/index';
import type { Device } from './device';

export type StepType = 'document' | 'selfie' | 'liveness' | 'address_proof' | string;
export type SessionStatus = SessionObject['status'];
export type Move = 'centre' | 'left' | 'right' | 'nod' | 'blink' | 'closer' | 'light';
/** What the screen lights the face with during the move light. */
export type Colour = 'red' | 'green' | 'blue' | 'cyan' | 'magenta' | 'yellow';

export interface Step {
  type: StepType;
  status: SessionStatus;
  tries: number;
  attempts: number;
  /** The next liveness try shows bright colours: try may be done without them. */
  light?: 'try' | 'insist';
  /** The next liveness try asks the person to come closer, so the face must begin small. */
  closer?: boolean;
  /** Which proof of address will do; no kinds means any. */
  proof?: { kinds: string[] | null; maxAge: number; unit: 'days' | 'months' };
}

export interface State {
  status: SessionStatus;
  steps: Step[];
  step: number;
  try: number;
  triesLeft: number;
  open: boolean;
  challenge?: { moves: Move[]; light?: Colour[]; secondsLeft: number };
  errors: { code: string; hint: string }[];
  failedChecks: string[];
  /** What was read, for the person to look over. */
  fields?: ReadField[];
  secondsToLive: number;
  /** The person may say that they cannot do the open step. */
  retakable: boolean;
  excusable: boolean;
  redirect: string;
  lock: number;
}

export interface ReadField {
  title: string;
  value: string;
  doubtful: boolean;
}

export interface Opened {
  credential: string;
  allowedOrigins: string[] | null;
  state: State;
}

/** What the device that stays gets for a link. */
export interface HandedOff {
  link: string;
  watch: string;
  secondsLeft: number;
}

export interface FaceLook {
  faces: number;
  box: [number, number, number, number];
  yaw: number;
  pitch: number;
  roll: number;
  luma: number;
  sharpness: number;
  /** Contrast of the eyes, the person's right first: even when they are closed. */
  eyes: [number, number];
}

export interface DocumentLook {
  found: boolean;
  quad: [number, number][];
  /** Lines that may be a machine-readable zone are on it. */
  zone: boolean;
  luma: number;
  sharpness: number;
  glare: number;
}

export interface Mark {
  atMs: number;
  move: number;
  /** Which of the challenge's colours the screen showed, from 1. */
  colour?: number;
  /** On the first mark of a recording. */
  device?: Device;
}

/** The server's refusal, in its own words. */
export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly requestId: string, readonly waitSeconds: number) {
    super(message);
  }
}

/** The network is away, or what stands between us and the server is. */
export class NetworkLost extends Error {}

const LOOK_TIMEOUT_MS = 2500;
const CALL_TIMEOUT_MS = 40_000;
const UPLOAD_STALL_MS = 30_000;

export class Api {
  private credential = '';

  constructor(private readonly language: string) {}

  async open(schemaId: string, clientKey: string, clientUser: string): Promise<Opened> {
    const opened = await this.call<Opened>('session', { method: 'POST', body: JSON.stringify({ schemaId, clientKey, clientUser }) });
    this.credential = opened.credential;
    return opened;
  }

  /** Opens a link from another device. */
  async takeOver(link: string): Promise<Opened> {
    const opened = await this.call<Opened>('takeover', { method: 'POST', body: JSON.stringify({ link }) });
    this.credential = opened.credential;
    return opened;
  }

  handOff(): Promise<HandedOff> {
    return this.call<HandedOff>('handoff', { method: 'POST' });
  }

  /** How far the session is that was handed off; waits as state does. */
  watch(watch: string, lock?: number): Promise<State & { taken: boolean }> {
    return this.call<State & { taken: boolean }>(lock === undefined ? 'watch' : `watch?lock=${lock}`, { method: 'GET', headers: { Authorization: `Bearer ${watch}` } });
  }

  /** From here on this device only watches. */
  onlyWatch(watch: string): void {
    this.credential = watch;
  }

  /** Waits on the server for as long as the lock is the known one. */
  state(lock?: number): Promise<State> {
    return this.call<State>(lock === undefined ? 'state' : `state?lock=${lock}`, { method: 'GET' });
  }

  startAttempt(step: number): Promise<State> {
    return this.call<State>('attempt', { method: 'POST', body: JSON.stringify({ step }) });
  }

  /** The same for people who cannot bear a screen that changes its colours. */
  startWithoutLight(step: number): Promise<State> {
    return this.call<State>('unlit', { method: 'POST', body: JSON.stringify({ step }) });
  }

  excuse(step: number): Promise<State> {
    return this.call<State>('excuse', { method: 'POST', body: JSON.stringify({ step }) });
  }

  retake(step: number): Promise<State> {
    return this.call<State>('retake', { method: 'POST', body: JSON.stringify({ step }) });
  }

  correct(step: number, attempt: number, fields: { title: string; value: string }[]): Promise<State> {
    return this.call<State>('correction', { method: 'POST', body: JSON.stringify({ step, try: attempt, fields }) });
  }

  result(): Promise<SessionObject> {
    return this.call<SessionObject>('result', { method: 'GET' });
  }

  lookFace(frame: Blob): Promise<FaceLook> {
    return this.call<FaceLook>('look/face', { method: 'POST', body: frame }, LOOK_TIMEOUT_MS);
  }

  lookDocument(frame: Blob): Promise<DocumentLook> {
    return this.call<DocumentLook>('look/document', { method: 'POST', body: frame }, LOOK_TIMEOUT_MS);
  }

  /** Sends the pictures of one try; XMLHttpRequest because only it tells progress of uploads. */
  submit(step: number, attempt: number, pictures: Blob[], marks: Mark[], progress: (share: number) => void): Promise<State> {
    const form = new FormData();
    if (marks.length > 0) form.append('frames', JSON.stringify(marks));
    pictures.forEach((picture, i) => form.append('images', picture, `${i}.jpg`));
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      let stalled = window.setTimeout(() => request.abort(), UPLOAD_STALL_MS);
      request.open('POST', this.address(`evidence?step=${step}&try=${attempt}`));
      request.setRequestHeader('Authorization', `Bearer ${this.credential}`);
      request.upload.onprogress = (event) => {
        clearTimeout(stalled);
        stalled = window.setTimeout(() => request.abort(), UPLOAD_STALL_MS);
        if (event.lengthComputable) progress(event.loaded / event.total);
      };
      request.onloadend = () => {
        clearTimeout(stalled);
        const retry = Number(request.getResponseHeader('Retry-After') ?? 0);
        if (request.status === 0 || awayStatus(request.status)) reject(new NetworkLost());
        else if (request.status === 200) resolve(JSON.parse(request.responseText) as State);
        else reject(refusal(request.status, request.responseText, retry));
      };
      request.send(form);
    });
  }

  private address(path: string): string {
    return `/capture/${path}${path.includes('?') ? '&' : '?'}lang=${this.language}`;
  }

  private async call<Answer>(path: string, init: RequestInit, timeout = CALL_TIMEOUT_MS): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (this.credential !== '' && !headers.has('Authorization')) headers.set('Authorization', `Bearer ${this.credential}`);
    if (typeof init.body === 'string') headers.set('Content-Type', 'application/json');
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeout);
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.address(path), { ...init, headers, credentials: 'omit', cache: 'no-store', signal: abort.signal });
      text = await response.text();
    } catch {
      throw new NetworkLost();
    } finally {
      clearTimeout(timer);
    }
    if (awayStatus(response.status)) throw new NetworkLost();
    if (!response.ok) throw refusal(response.status, text, Number(response.headers.get('Retry-After') ?? 0));
    return JSON.parse(text) as Answer;
  }
}

/** A proxy says these while the server behind it restarts. */
function awayStatus(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

function refusal(status: number, text: string, wait: number): Refusal {
  let body: { message?: string; code?: string; requestId?: string } = {};
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    // Something between us and the server answered; its status has to do.
  }
  return new Refusal(status, body.code ?? String(status), body.message ?? `HTTP ${status}`, body.requestId ?? '', Number.isFinite(wait) ? wait : 0);
}
