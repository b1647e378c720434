// The document's camera screen: frame guide, live outline, hints, automatic
// shot, shutter, and a file as the other way.
import { css, html, nothing, svg, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { DocumentLook } from '../api';
import { DocumentJudge } from '../judge';
import { CaptureElement } from './capture';
import { base, stage } from './design';
import './filepicker';

const RATIO = 125 / 88; // of an open passport's data page and, nearly, of a card
const SHOT_SIDE = 2560;

@customElement('okyc-document')
export class DocumentElement extends CaptureElement<DocumentLook> {
  static override styles = [base, stage, css`
    .screen { gap: 12px; padding-bottom: 12px; }
    .controls { position: relative; }
    .stage.wide video { object-fit: contain; } /* all that is judged is seen; of an upright picture only sky and floor are cut off */
  `];

  protected readonly facing = 'environment';
  @state() private outline = '';
  @state() private good = false;
  private readonly judge = new DocumentJudge();

  protected look(frame: Blob): Promise<DocumentLook> {
    return this.api.lookDocument(frame);
  }

  protected async seen(look: DocumentLook | undefined): Promise<void> {
    if (!look) {
      if (this.blind) this.say('hintManual');
      this.outline = '';
      return;
    }
    const judged = this.judge.judge(look);
    this.good = judged.good;
    this.outline = look.found ? this.toStage(look.quad) : '';
    this.flow.zoneSeen = look.found ? look.zone : undefined;
    this.say(judged.hint, judged.good);
    if (judged.take) await this.take();
  }

  protected override render(): TemplateResult {
    const { words } = this;
    const back = this.flow.shots.length > 0;
    return html`<div class="screen">
      <div class="intro"><h1 tabindex="-1">${words(back ? 'documentBackTitle' : 'documentTitle')}</h1><p class="muted small">${words(back ? 'documentBackText' : 'documentText')}</p></div>
      <div class="stage ${this.wide ? 'wide' : ''}" data-testid="stage">${this.video('documentVideo')}${this.guide()}${this.hintPill()}</div>
      <p class="unseen">${words('documentAuto')}</p>
      <div class="controls">
        <okyc-file small .words=${words} .picked=${this.chosen}></okyc-file>
        <button class="shutter" data-testid="shutter" aria-label=${words('documentShutter')} ?disabled=${!this.ready} @click=${this.take}></button>
        ${this.switchButton()}
      </div>
    </div>`;
  }

  private get wide(): boolean {
    return this.camera.video.videoWidth > this.camera.video.videoHeight;
  }

  /** Where the camera's picture lies on the stage, which may cut it off, in pixels. */
  private picture(): { w: number; h: number; width: number; height: number } {
    const box = this.renderRoot.querySelector('.stage')?.getBoundingClientRect();
    const { videoWidth: vw, videoHeight: vh } = this.camera.video;
    const w = box?.width ?? 320;
    const h = box?.height ?? 300;
    if (vw === 0) return { w, h, width: w, height: h };
    const scale = this.wide ? Math.min(w / vw, h / vh) : Math.max(w / vw, h / vh);
    return { w, h, width: vw * scale, height: vh * scale };
  }

  private guide(): TemplateResult {
    const picture = this.picture();
    const { w, h } = picture;
    const below = Math.max(0, (h - picture.height) / 2) > 58 ? 0 : 44; // room for the hint, unless it stands below the picture
    const seen = Math.min(h, picture.height);
    const top = (h - seen) / 2;
    const width = Math.min(Math.min(w, picture.width) - 40, (seen - below - (below > 0 ? 56 : 32)) * RATIO);
    const height = width / RATIO;
    const x = (w - width) / 2;
    const y = Math.max(top + 16, top + (seen - below - height) / 2);
    const l = Math.min(34, height / 4);
    const corner = (cx: number, cy: number, dx: number, dy: number): string => `M${cx} ${cy + dy * l}V${cy + dy * 14}Q${cx} ${cy} ${cx + dx * 14} ${cy}H${cx + dx * l}`;
    const corners = corner(x, y, 1, 1) + corner(x + width, y, -1, 1) + corner(x + width, y + height, -1, -1) + corner(x, y + height, 1, -1);
    return html`<svg class="guide" viewBox="0 0 ${w} ${h}" aria-hidden="true">
      <path class="veil" fill-rule="evenodd" d="M0 0H${w}V${h}H0ZM${x + 14} ${y}h${width - 28}q14 0 14 14v${height - 28}q0 14 -14 14h${28 - width}q-14 0 -14 -14v${28 - height}q0 -14 14 -14Z"/>
      <path class="edge ${this.good ? 'good' : ''}" d=${corners}/>
      ${this.outline === '' ? nothing : svg`<polygon class="quad" points=${this.outline}/>`}
    </svg>`;
  }

  /** Corners relative to the frame, in pixels of the stage. */
  private toStage(quad: [number, number][]): string {
    const { w, h, width, height } = this.picture();
    return quad.map(([x, y]) => `${(w - width) / 2 + x * width},${(h - height) / 2 + y * height}`).join(' ');
  }

  private readonly chosen = (picture: Blob): void => {
    this.flow.zoneSeen = undefined; // nobody has looked at a file
    this.flow.preview(picture);
  };

  private readonly take = (): Promise<void> => this.shoot(SHOT_SIDE);
}
