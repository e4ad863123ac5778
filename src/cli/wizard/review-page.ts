import { escapeHtml } from '../../gateway/refusal/html-page.ts'
import { ownCaNotes } from '../own-ca.ts'
import { linkTo } from './answer.ts'
import type { Draft } from './draft.ts'
import { noteHtml } from './page.ts'

/** HTML of everything that was answered, before any of it is made. */
export function reviewHtml(draft: Draft, folder: string): string {
  const { own, addresses, target, warning, administrator, password, serverNames } = draft
  const rows: readonly (readonly [name: string, value: string, path: string | null, what?: string])[] = [
    ['Folder', folder, null],
    ['Names', serverNames.join(', '), '/name'],
    ['Listens on', `${addresses.listen}; administration on ${addresses.admin}, metrics on ${addresses.telemetry}`, '/name', 'addresses'],
    ['Authority', own === null ? 'a new one' : `${own.signsItself ? '' : 'an issuing CA below '}${own.own.issuer.facts.dn}`, '/ca'],
    ['Service', target.url, '/upstream'],
    ['Administrator', `${administrator}, password ${password === null ? 'made up' : 'as chosen'}`, '/admin'],
  ]
  const list = rows.map(([name, value, path, what = name.toLowerCase()]) => {
    const change = path === null ? '' : ` <a href="${linkTo(path)}">Change<span class="unseen"> ${what}</span></a>`
    return `<dt>${name}</dt><dd>${escapeHtml(value)}${change}</dd>`
  })
  const notes = [...(warning === null ? [] : [warning]), ...(own === null ? [] : ownCaNotes(own, administrator))]
  return (
    `<dl>${list.join('')}</dl>${notes.map(noteHtml).join('')}` +
    '<p>All of it is written into the folder, or nothing where something is in the way. Then the gateway starts.</p>'
  )
}
