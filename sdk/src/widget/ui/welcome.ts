// Says what will happen, step by step.
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Step } from '../api';
import type { Host } from '../host';
import type { Key } from '../i18n';
import { base } from './design';
import { ScreenElement } from './element';
import { draw, type Icon } from './icons';

const kinds: Record<string, { icon: Icon; title: Key; text: Key }> = {
  document: { icon: 'document', title: 'stepDocument', text: 'stepDocumentText' },
  address_proof: { icon: 'letter', title: 'stepAddress', text: 'stepAddressText' },
  selfie: { icon: 'selfie', title: 'stepSelfie', text: 'stepSelfieText' },
  liveness: { icon: 'liveness', title: 'stepLiveness', text: 'stepLivenessText' },
};
const other = { icon: 'other', title: 'stepOther', text: 'stepOtherText' } as const;

@customElement('okyc-welcome')
export class WelcomeElement extends ScreenElement {
  static override styles = [base, css`
    ol { list-style: none; margin: 4px 0 0; padding: 0; display: flex; flex-direction: column; gap: 10px; }
    li { display: flex; gap: 14px; align-items: center; padding: 14px; border: 1px solid var(--line); border-radius: var(--radius); }
    li strong { display: block; font-weight: 600; line-height: 1.3; }
    .badge { width: 44px; height: 44px; border-radius: 12px; display: grid; place-items: center; background: var(--accent-soft); color: var(--accent); flex: none; }
    li.done { background: var(--raised); }
    li.done .badge { background: var(--good-soft); color: var(--good); }
    .privacy { display: flex; gap: 10px; align-items: flex-start; }
    .privacy svg { margin-top: 1px; }
  `];

  @property({ attribute: false }) host!: Host;

  protected override render(): TemplateResult {
    const { words, flow } = this;
    const steps = flow.state?.steps ?? [];
    const now = flow.state?.step ?? 0;
    const back = now > 0 || steps.some((s) => s.tries > 0);
    return html`<div class="screen">
      <div class="intro">
        <h1 tabindex="-1">${words(back ? 'welcomeBackTitle' : 'welcomeTitle')}</h1>
        <p class="muted">${words(back ? 'welcomeBackText' : 'welcomeText')}</p>
      </div>
      <ol>${steps.map((step, i) => this.step(step, i < now))}</ol>
      <p class="privacy small muted">${draw('lock', 20)}<span>${words('welcomePrivacy')}</span></p>
      <div class="actions">
        <button class="primary" data-testid="start" @click=${() => flow.goToStep()}>${words(back ? 'continue' : 'welcomeStart')}</button>
        ${this.atDesk ? html`<button data-testid="handoff" @click=${() => void flow.handOff()}>${draw('phone', 20)}${words('handoffOffer')}</button>` : nothing}
      </div>
    </div>`;
  }

  /** A phone's camera is better than most of those on desks. */
  private get atDesk(): boolean {
    return !this.host.linked && matchMedia('(hover: hover) and (pointer: fine)').matches;
  }

  private step(step: Step, done: boolean): TemplateResult {
    const kind = kinds[step.type] ?? other;
    return html`<li class=${done ? 'done' : ''} data-step=${step.type}>
      <span class="badge">${draw(done ? 'check' : kind.icon)}</span>
      <span><strong>${this.words(kind.title)}${done ? html`<span class="unseen">, ${this.words('stepDone')}</span>` : nothing}</strong>
        <span class="small muted">${this.words(step.light ? 'stepLivenessLit' : kind.text)}</span></span>
    </li>`;
  }
}
