// The script that integrators include: it defines window.KYCWidget.
import type { KYCWidget, WidgetConfig } from '../../types/index';
import { readConfig } from './config';
import { Instance } from './instance';

// The widget lives where this script came from; currentScript is only known now.
const self = document.currentScript instanceof HTMLScriptElement ? document.currentScript
  : document.querySelector<HTMLScriptElement>('script[src$="/lib/widget-lib.js"]');
const home = new URL(self?.src || location.href).origin;

// Only one widget can lie over the page; those inside containers are free.
let overlay: Instance | undefined;

const api: KYCWidget = {
  setupKYC(config: WidgetConfig) {
    const options = readConfig(config);
    const instance = new Instance(home, options);
    if (!options.container) {
      overlay?.close();
      overlay = instance;
    }
    instance.open();
    return { close: () => instance.close() };
  },
};

window.KYCWidget = api;
