// The widget's words. Catalogues are plain JSON; a test holds them in step.
import en from '../../locales/en.json';
import ru from '../../locales/ru.json';
import type { Language } from '../shared/protocol';

export type Key = keyof typeof en;
export type Words = (key: Key, values?: Record<string, string | number>) => string;

export function words(language: Language): Words {
  const catalogue: Record<Key, string> = language === 'ru' ? ru : en;
  return (key, values = {}) => catalogue[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
