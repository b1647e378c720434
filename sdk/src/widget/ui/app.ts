// The root: header with progress and the close button, the current screen, and
// the two things that can lie over it (offline, and the question before closing).
import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { Api } from '../api';
import { Flow, type NoticeScreen } from '../flow';
import { FrameHost, StandaloneHost, type Host } from '../host';
import { words, type Words } from '../i18n';
import { base, tokens } from './design';
import { draw } from './icons';
import './address';
import './cannot';
import './confirm';
import './document';
import './handoff';
import './liveness';
import './notice';
import './preview';
import './processing';
import './review';
import './selfie';
import './welcome';

/** Screens that fit the window instead of scrolling. */
const captures = new Set(['document', 'selfie', 'liveness', 'preview']);
/** Screens with more to say than a line or two. */
const plans = new Set(['welcome', 'handoff', 'step-failed', 'address', 'review']);

@customElement('openkyc-widget')
export class WidgetElement extends LitElement {
  static override styles = [tokens, base, css`
    :host { height: 100%; background: var(--bg); }
    .page { height: 100%; display: grid; place-items: center; }
    .card { display: flex; flex-direction: column; width: 100%; height: 100%; background: var(--surface); overflow: hidden; }
    header { display: flex; align-items: center; gap: 12px; padding: 10px 10px 6px 20px; min-height: 60px; flex: none; }
    header .icon { position: relative; z-index: 3; background: var(--surface); } /* above the light of the liveness screen */
    .progress { flex: 1; display: flex; flex-direction: column; gap: 7px; }
    .bars { display: flex; gap: 6px; list-style: none; margin: 0; padding: 0; }
    .bars li { flex: 1; max-width: 72px; height: 4px; border-radius: 4px; background: var(--line); transition: background-color 0.3s; }
    .bars li.done { background: var(--good); }
    .bars li.now { background: var(--accent); }
    .brand { flex: 1; font-weight: 600; color: var(--muted); font-size: 0.9375rem; }
    main { flex: 1 1 auto; min-height: 0; display: flex; flex-direction: column; position: relative; }
    .place { flex: 1 1 auto; min-height: 0; display: flex; flex-direction: column; overflow: auto; overscroll-behavior: contain; }
    .place > * { flex: 1 0 auto; }
    .place.capture > * { flex: 1 1 auto; min-height: 440px; }
    @media (min-height: 500px) { .place { scroll-padding-bottom: 150px; } } /* what has the focus is not under the buttons */
    @media (max-height: 480px) and (min-width: 560px) { .place.capture > * { flex: 1 0 auto; min-height: 0; } }
    .cover { position: absolute; inset: 0; background: var(--surface); z-index: 5; }
    .loading { display: grid; place-items: center; color: var(--muted); }
    @media (min-width: 600px) and (min-height: 560px) {
      .card { width: 500px; height: min(760px, 100% - 40px); border-radius: 24px; box-shadow: var(--shadow); }
    }
    @media (min-width: 600px) and (min-height: 600px) { .card.brief { height: 580px; } }
    @media (min-width: 900px) and (min-height: 560px) { .card.wide { width: 680px; } }
  `];

  @property({ type: Boolean }) hosted = false;
  /** A link from another device leads here; its secret stands behind "#". */
  @property({ type: Boolean }) continued = false;
  @property({ reflect: true }) theme = '';
  @state() private turn = 0;
  @state() private closing = false;
  private host!: Host;
  private flow!: Flow;
  private api!: Api;
  private words!: Words;

  override connectedCallback(): void {
    super.connectedCallback();
    const schema = this.dataset['schema'] ?? '';
    const link = this.continued ? location.hash.slice(1) : '';
    if (this.continued) history.replaceState(null, '', location.pathname); // it opens once, and stays in no history
    this.host = this.hosted ? new StandaloneHost(this.dataset['key'] ?? '', this.continued, link, () => undefined) : new FrameHost(location.hash);
    delete this.dataset['key']; // not even the DOM keeps it
    this.words = words(this.host.language);
    this.api = new Api(this.host.language);
    this.flow = new Flow(this.api, this.host, schema);
    this.flow.addEventListener('change', () => this.turn++);
    this.host.onAskClose(() => this.askClose());
    document.addEventListener('keydown', this.key);
    this.theme = this.host.theme;
    document.documentElement.lang = this.host.language;
    document.documentElement.dataset['theme'] = this.theme;
    document.title = this.words('title');
    void this.flow.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.key);
  }

  protected override render(): TemplateResult {
    const { flow } = this;
    const covered = this.closing || flow.offline;
    return html`
      <div class="page">
        <div class="card ${captures.has(flow.screen) ? 'wide' : plans.has(flow.screen) ? '' : 'brief'}" data-testid="widget" data-screen=${flow.offline ? 'offline' : flow.screen}>
          <header ?inert=${this.closing}>${this.progress()}
            ${this.host.standalone && this.over ? nothing : html`<button class="icon" data-testid="close" aria-label=${this.words('close')} @click=${this.askClose}>${draw('close')}</button>`}
          </header>
          <main>
            <div class="place ${captures.has(flow.screen) ? 'capture' : ''}" ?inert=${covered}>${this.screen()}</div>
            ${flow.offline ? html`<div class="place cover" ?inert=${this.closing}><okyc-notice kind="offline" .flow=${flow} .words=${this.words} .host=${this.host}></okyc-notice></div>` : nothing}
            ${this.closing ? html`<div class="place cover"><okyc-confirm .words=${this.words} .linked=${this.host.linked} @stay=${this.stay} @leave=${this.leave}></okyc-confirm></div>` : nothing}
          </main>
        </div>
      </div>`;
  }

  private progress(): TemplateResult {
    const steps = this.flow.state?.steps ?? [];
    const now = this.flow.state?.step ?? 0;
    if (steps.length === 0 || this.over || this.flow.screen === 'welcome') return html`<div class="brand">${this.words('title')}</div>`;
    const number = Math.min(now + 1, steps.length);
    return html`<div class="progress" role="group">
      <span class="small muted">${this.words('stepOf', { step: number, total: steps.length })}</span>
      <ol class="bars" aria-hidden="true">${steps.map((_, i) => html`<li class=${i < now ? 'done' : i === now ? 'now' : ''}></li>`)}</ol>
    </div>`;
  }

  private screen(): TemplateResult {
    const { flow, api, words, turn, host } = this;
    switch (flow.screen) {
      case 'loading':
        return html`<div class="loading" role="status">${words('loading')}</div>`;
      case 'welcome':
        return html`<okyc-welcome .flow=${flow} .words=${words} .turn=${turn} .host=${host}></okyc-welcome>`;
      case 'handoff':
      case 'on-phone':
        return html`<okyc-handoff .flow=${flow} .words=${words} .turn=${turn}></okyc-handoff>`;
      case 'document':
        return html`<okyc-document .flow=${flow} .api=${api} .words=${words}></okyc-document>`;
      case 'address':
        return html`<okyc-address .flow=${flow} .words=${words}></okyc-address>`;
      case 'selfie':
        return html`<okyc-selfie .flow=${flow} .api=${api} .words=${words}></okyc-selfie>`;
      case 'liveness':
        return html`<okyc-liveness .flow=${flow} .api=${api} .words=${words}></okyc-liveness>`;
      case 'cannot':
        return html`<okyc-cannot .flow=${flow} .words=${words}></okyc-cannot>`;
      case 'preview':
        return html`<okyc-preview .flow=${flow} .words=${words}></okyc-preview>`;
      case 'review':
        return html`<okyc-review .flow=${flow} .words=${words}></okyc-review>`;
      case 'processing':
        return html`<okyc-processing .flow=${flow} .words=${words} .turn=${turn}></okyc-processing>`;
      default:
        return this.notice(flow.screen, host);
    }
  }

  // Keyed by kind through the attribute: a new kind is announced anew.
  private notice(kind: NoticeScreen, host: Host): TemplateResult {
    return html`<okyc-notice kind=${kind} .flow=${this.flow} .words=${this.words} .host=${host} .turn=${this.turn}></okyc-notice>`;
  }

  /** Nothing is lost any more by closing. */
  private get over(): boolean {
    return ['success', 'suspicious', 'failed', 'expired', 'exception', 'error', 'elsewhere', 'refused', 'link-over', 'ended', 'loading'].includes(this.flow.screen);
  }

  private readonly askClose = (): void => {
    if (this.over) this.flow.close();
    else this.closing = true;
  };

  private readonly stay = (): void => {
    this.closing = false;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('[data-testid="close"]')?.focus());
  };

  private readonly leave = (): void => {
    this.closing = false;
    this.flow.close();
  };

  private readonly key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    if (this.closing) this.stay();
    else this.askClose();
  };
}
