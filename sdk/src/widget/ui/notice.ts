// Every screen that says one thing and offers a way on: results, faults of the
// camera and the network, refusals.
import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { NoticeScreen } from '../flow';
import type { Host } from '../host';
import type { Key } from '../i18n';
import { cannot } from './cannot';
import { base } from './design';
import { ScreenElement } from './element';
import { draw, type Icon } from './icons';
import './filepicker';

type Kind = NoticeScreen | 'offline';
type Way = 'close' | 'retry' | 'restart' | 'offline' | 'done' | 'none';

interface Look {
  icon: Icon;
  tone: 'good' | 'warn' | 'bad' | 'calm';
  title: Key;
  text: Key;
  way: Way;
  label: Key;
}

const looks: Record<Kind, Look> = {
  'permission': { icon: 'cameraOff', tone: 'warn', title: 'permissionTitle', text: 'permissionText', way: 'retry', label: 'tryAgain' },
  'no-camera': { icon: 'cameraOff', tone: 'warn', title: 'noCameraTitle', text: 'noCameraText', way: 'retry', label: 'tryAgain' },
  'busy': { icon: 'cameraOff', tone: 'warn', title: 'busyTitle', text: 'busyText', way: 'retry', label: 'tryAgain' },
  'insecure': { icon: 'unlock', tone: 'warn', title: 'insecureTitle', text: 'insecureText', way: 'retry', label: 'tryAgain' },
  'offline': { icon: 'offline', tone: 'warn', title: 'offlineTitle', text: 'offlineText', way: 'offline', label: 'tryNow' },
  'step-failed': { icon: 'warning', tone: 'warn', title: 'failedStepTitle', text: 'failedStepText', way: 'retry', label: 'tryAgain' },
  'success': { icon: 'check', tone: 'good', title: 'successTitle', text: 'successText', way: 'done', label: 'done' },
  'suspicious': { icon: 'person', tone: 'calm', title: 'suspiciousTitle', text: 'suspiciousText', way: 'close', label: 'close' },
  'failed': { icon: 'cross', tone: 'bad', title: 'failedTitle', text: 'failedText', way: 'close', label: 'close' },
  'expired': { icon: 'clock', tone: 'warn', title: 'expiredTitle', text: 'expiredText', way: 'restart', label: 'tryAgain' },
  'exception': { icon: 'warning', tone: 'bad', title: 'exceptionTitle', text: 'exceptionText', way: 'restart', label: 'tryAgain' },
  'error': { icon: 'warning', tone: 'bad', title: 'errorTitle', text: 'errorText', way: 'restart', label: 'tryAgain' },
  'elsewhere': { icon: 'windows', tone: 'calm', title: 'elsewhereTitle', text: 'elsewhereText', way: 'restart', label: 'elsewhereUse' },
  'refused': { icon: 'lock', tone: 'bad', title: 'refusedTitle', text: 'refusedText', way: 'close', label: 'close' },
  'link-over': { icon: 'phone', tone: 'warn', title: 'linkOverTitle', text: 'linkOverText', way: 'none', label: 'close' },
  'ended': { icon: 'check', tone: 'calm', title: 'title', text: 'successText', way: 'none', label: 'close' },
};

const cameraFaults = new Set<Kind>(['permission', 'no-camera', 'busy', 'insecure']);
const closable = new Set<Kind>(['expired', 'exception', 'error', 'elsewhere']);

/** A failed check in words that help; the captions are the wire contract's. */
const checkHints: Record<string, Key> = {
  isMRZValid: 'checkMRZ', isCropped: 'checkCropped', isLogicalMismatch: 'checkLogical', isXerocopy: 'checkCopy', isDisplay: 'checkCopy', isMobile: 'checkCopy',
  isFieldsCorrected: 'checkCorrected', isTaken: 'checkTaken',
};

const REDIRECT_MS = 4000;

@customElement('okyc-notice')
export class NoticeElement extends ScreenElement {
  static override styles = [base, css`
    .middle { flex: 1; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 18px; text-align: center; padding: 12px 0; }
    .mark { width: 84px; height: 84px; border-radius: 50%; display: grid; place-items: center; background: var(--accent-soft); color: var(--accent); }
    .mark.good { background: var(--good-soft); color: var(--good); }
    .mark.warn { background: var(--warn-soft); color: var(--warn); }
    .mark.bad { background: var(--bad-soft); color: var(--bad); }
    .mark.good svg { animation: arrive 0.45s cubic-bezier(0.2, 1.4, 0.4, 1); }
    @keyframes arrive { from { transform: scale(0.4); opacity: 0; } }
    .intro { max-width: 40ch; }
    ul { margin: 0; padding: 0; list-style: none; display: flex; flex-direction: column; gap: 10px; width: 100%; max-width: 400px; text-align: start; }
    li { padding: 14px 16px; border-radius: var(--radius); background: var(--raised); }
    code { display: block; padding: 12px 16px; border-radius: var(--radius); background: var(--raised); font: 500 0.9375rem/1.4 ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere; max-width: 100%; }
  `];

  @property({ reflect: true }) kind: Kind = 'error';
  @property({ attribute: false }) host!: Host;
  private timer = 0;
  private permission: PermissionStatus | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.kind === 'permission') void this.watchPermission();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    if (this.permission) this.permission.onchange = null;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('kind')) return;
    this.renderRoot.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
    if (this.kind === 'success' && this.redirect !== '') this.timer = window.setTimeout(this.goOn, REDIRECT_MS);
  }

  protected override render(): TemplateResult {
    const { words, flow } = this;
    const look = looks[this.kind];
    const left = flow.state?.triesLeft ?? 0;
    return html`<div class="screen">
      <div class="middle" role=${look.tone === 'bad' ? 'alert' : 'status'}>
        <div class="mark ${look.tone}">${draw(look.icon, 40)}</div>
        <div class="intro"><h1 tabindex="-1">${words(look.title)}</h1><p class="muted">${words(this.host.linked && this.isEnd(look) && this.kind !== 'link-over' ? 'backToDesk' : look.text)}</p></div>
        ${this.kind === 'error' && flow.message !== '' ? html`<code data-testid="message">${flow.message}</code>` : nothing}
        ${this.kind === 'step-failed' ? html`<ul data-testid="hints">${this.hints().map((hint) => html`<li>${hint}</li>`)}</ul>
          <p class="small muted" data-testid="attempts-left">${words('attemptsLeft', { left })}</p>` : nothing}
      </div>
      <div class="actions">${this.actions(look)}</div>
    </div>`;
  }

  private actions(look: Look): TemplateResult {
    const { words, flow } = this;
    const upload = cameraFaults.has(this.kind) && flow.state?.steps[flow.state.step]?.type === 'document';
    return html`
      ${this.isEnd(look) ? nothing
        : html`<button class="primary" data-testid="way-on" @click=${this.goOn}>${words(look.way === 'done' && this.redirect !== '' ? 'continue' : look.label)}</button>`}
      ${upload ? html`<okyc-file .words=${words} .picked=${(picture: Blob) => flow.preview(picture)}></okyc-file>` : nothing}
      ${cameraFaults.has(this.kind) || this.kind === 'step-failed' ? cannot(flow, words) : nothing}
      ${cameraFaults.has(this.kind) && !this.host.linked ? html`<button data-testid="handoff" @click=${() => void flow.handOff()}>${draw('phone', 20)}${words('handoffOffer')}</button>` : nothing}
      ${closable.has(this.kind) && !this.host.standalone ? html`<button data-testid="leave" @click=${() => flow.close()}>${words('close')}</button>` : nothing}`;
  }

  /** There is nothing left to do here: a page of its own cannot close itself, and a link opens once. */
  private isEnd({ way }: Look): boolean {
    const { standalone, linked } = this.host;
    return way === 'none' || (standalone && (way === 'close' || (way === 'done' && this.redirect === ''))) || (linked && way === 'restart' && this.kind !== 'error');
  }

  private readonly goOn = (): void => {
    clearTimeout(this.timer);
    switch (looks[this.kind].way) {
      case 'retry':
        return this.flow.goToStep();
      case 'restart':
        return void this.flow.start();
      case 'offline':
        return this.flow.retryNow();
      case 'done':
        if (this.redirect !== '') location.assign(this.redirect);
        else this.flow.close();
        return;
      default:
        return this.flow.close();
    }
  };

  /** Only the hosted page leads on by itself; around an iframe the page decides. */
  private get redirect(): string {
    const address = this.host.standalone && !this.host.linked ? this.flow.state?.redirect ?? '' : '';
    return /^https?:\/\//.test(address) ? address : '';
  }

  private hints(): string[] {
    const state = this.flow.state;
    const hints = [...(state?.errors.map((e) => e.hint) ?? []), ...(state?.failedChecks.map((c) => this.words(checkHints[c] ?? 'checkOther')) ?? [])];
    return [...new Set(hints)];
  }

  /** Goes on by itself when the person allows the camera in the browser's own menu. */
  private async watchPermission(): Promise<void> {
    try {
      this.permission = await navigator.permissions.query({ name: 'camera' as PermissionName });
      this.permission.onchange = () => {
        if (this.permission?.state === 'granted' && this.isConnected) this.flow.goToStep();
      };
    } catch {
      // Not every browser tells; the button is there.
    }
  }
}
