import { State } from './store.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'certgate.theme'

export const theme = new State<Theme>('system')

/** As chosen here before; storage may be forbidden, and then it lasts as long as the page. */
export function restoreTheme(): void {
  let kept: string | null = null
  try {
    kept = localStorage.getItem(KEY)
  } catch {
    // Not allowed here.
  }
  show(THEMES.find((one) => one === kept) ?? 'system')
}

export function chooseTheme(chosen: Theme): void {
  show(chosen)
  try {
    localStorage.setItem(KEY, chosen)
  } catch {
    // Not allowed here.
  }
}

function show(chosen: Theme): void {
  theme.value = chosen
  if (chosen === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = chosen
}
