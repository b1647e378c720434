// The selfie's camera screen. No file can be chosen here: a selfie comes from
// the camera (S51).
import { css, html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { FaceLook } from '../api';
import { FaceJudge } from '../judge';
import { CaptureElement } from './capture';
import { base, stage } from './design';
import { cannot } from './cannot';
import { oval } from './oval';

const SHOT_SIDE = 1600;

@customElement('okyc-selfie')
export class SelfieElement extends CaptureElement<FaceLook> {
  static override styles = [base, stage, css`
    .screen { gap: 12px; padding-bottom: 12px; }
  `];

  protected readonly facing = 'user';
  @state() private share = 0;
  @state() private good = false;
  private readonly judge = new FaceJudge();

  protected look(frame: Blob): Promise<FaceLook> {
    return this.api.lookFace(frame);
  }

  protected async seen(look: FaceLook | undefined): Promise<void> {
    if (!look) {
      if (this.blind) this.say('hintManual');
      this.share = 0;
      return;
    }
    const judged = this.judge.judge(look);
    this.good = judged.good;
    this.share = judged.share;
    this.say(judged.hint, judged.good);
    if (judged.take) await this.take();
  }

  protected override render(): TemplateResult {
    const { words } = this;
    const box = this.renderRoot.querySelector('.stage')?.getBoundingClientRect();
    return html`<div class="screen">
      <div class="intro"><h1 tabindex="-1">${words('selfieTitle')}</h1><p class="muted small">${words('selfieText')}</p></div>
      <div class="stage ${this.camera.mirrored ? 'mirrored' : ''}" data-testid="stage">${this.video('selfieVideo')}
        ${oval(box?.width ?? 320, box?.height ?? 380, this.share, this.good)}${this.hintPill()}</div>
      <p class="unseen">${words('selfieAuto')}</p>
      <div class="controls"><span></span>
        <button class="shutter" data-testid="shutter" aria-label=${words('selfieShutter')} ?disabled=${!this.ready} @click=${this.take}></button>
        ${this.switchButton()}
      </div>
      ${cannot(this.flow, words)}
    </div>`;
  }

  private readonly take = (): Promise<void> => this.shoot(SHOT_SIDE);
}
