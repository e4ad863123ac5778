import { render } from 'lit-html'
import { live } from './live.ts'
import { tellIn } from './parts/toast.ts'
import { settle, startRouter } from './router.ts'
import { signIn, whyNot } from './session.ts'
import { shell } from './shell.ts'
import { drawWith, redraw } from './store.ts'
import { restoreTheme } from './theme.ts'

/** Milliseconds after which `5 minutes ago` may be wrong. */
const TICK = 15_000

restoreTheme()
const app = document.querySelector<HTMLElement>('#app')
if (app === null) throw new Error('the page has no place for the console')
tellIn(document.body)
drawWith(() => {
  render(shell(), app)
  settle()
})
setInterval(redraw, TICK)
await signIn()
startRouter()
if (whyNot('Operator') === null) live.start()
