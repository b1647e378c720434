// What every screen is given and does: the flow, the words, and putting the
// reader's focus on its heading when it appears.
import { LitElement } from 'lit';
import { property } from 'lit/decorators.js';
import type { Api } from '../api';
import type { Flow } from '../flow';
import type { Words } from '../i18n';

export abstract class ScreenElement extends LitElement {
  @property({ attribute: false }) flow!: Flow;
  @property({ attribute: false }) api!: Api;
  @property({ attribute: false }) words!: Words;
  /** Raised by the root whenever the flow has changed. */
  @property({ attribute: false }) turn = 0;

  protected override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  }
}
