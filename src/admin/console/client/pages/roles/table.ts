import { html, nothing, type TemplateResult } from 'lit-html'
import { count, plural } from '../../format.ts'
import { badge } from '../../parts/badge.ts'
import { button } from '../../parts/button.ts'
import { selectField, textField } from '../../parts/field.ts'
import { panel } from '../../parts/panel.ts'
import { empty } from '../../parts/states.ts'
import { type Column, dataTable } from '../../parts/table.ts'
import { State } from '../../store.ts'
import { FILTERS, type Filter, filtered, fitsLines, type RoleList, type RoleRow, type RouteRow } from './mapping.ts'

export interface RolesTableOptions {
  readonly rows: readonly RoleRow[]
  readonly routes: readonly RouteRow[]
  readonly sought: string
  readonly filter: Filter
  /** Why no role is edited; null: it may be. */
  readonly whyNot: string | null
  filtered(change: { readonly sought?: string; readonly filter?: Filter }): void
  edit(name: string): void
  remove(name: string): void
}

const PAGE = 50
/** Values of a list that are seen before one asks for more, and after. */
const FEW = 3
const MANY = 200
const FILTER_WORDS: Readonly<Record<Filter, string>> = {
  all: 'All roles',
  unused: 'No route allows it',
  ungiven: 'Nobody has it',
  reserved: 'Reserved',
}

const rolesFrom = new State(0)
const routesFrom = new State(0)
/** Cells that show more, by role and list. */
const opened = new State<ReadonlySet<string>>(new Set())

export function rolesTable(options: RolesTableOptions): TemplateResult {
  const { rows, sought, filter } = options
  const found = filtered(rows, sought, filter)
  const from = rolesFrom.value < found.length ? rolesFrom.value : 0
  const tell: typeof options.filtered = (change) => {
    rolesFrom.value = 0
    options.filtered(change)
  }
  const none =
    rows.length === 0
      ? empty('The mapping has no roles', 'Nobody gets past a route that asks for one.', 'users')
      : empty('No role is like that')
  const paging = {
    from,
    size: PAGE,
    total: found.length,
    turn: (next: number) => {
      rolesFrom.value = next
    },
  }
  return html`<div class="stack">
    <section class="panel">
      <header class="panel-head filters" role="search" aria-label="Roles">
        ${textField({ name: 'role-search', label: 'Search roles', isLabelHidden: true, type: 'search', placeholder: 'Role, user, host, …', value: sought, changed: (text) => tell({ sought: text }) })}
        ${selectField({ name: 'role-filter', label: 'Show', isLabelHidden: true, value: filter, choices: FILTERS.map((value) => ({ value, label: FILTER_WORDS[value] })), changed: (value) => tell({ filter: FILTERS.find((one) => one === value) ?? 'all' }) })}
        <p class="muted" role="status">${found.length === rows.length ? plural(rows.length, 'role') : `${count(found.length)} of ${plural(rows.length, 'role')}`}</p>
      </header>
      <div class="panel-body roles-table">${dataTable({
        caption: 'Roles',
        columns: columns(options),
        rows: found.slice(from, from + PAGE),
        keyOf: ({ name }) => name,
        empty: none,
        ...(found.length > PAGE ? { paging } : {}),
      })}</div>
    </section>
    ${routesPanel(options.routes)}
  </div>`
}

function columns({ whyNot, edit, remove }: RolesTableOptions): readonly Column<RoleRow>[] {
  const list = (key: RoleList, label: string): Column<RoleRow> => ({
    key,
    label,
    cell: ({ name, role }) => values(role[key], `${name}\n${key}`, `${label} of ${name}`),
  })
  return [
    { key: 'name', label: 'Role', isHeading: true, cell: roleCell },
    list('users', 'Users'),
    list('backend_roles', 'Backend roles'),
    list('and_backend_roles', 'All of'),
    list('hosts', 'Hosts'),
    list('issuers', 'Issuers'),
    {
      key: 'routes',
      label: 'Routes',
      cell: ({ name, routes }) =>
        routes.length === 0
          ? badge('warn', 'no route')
          : values(
              routes.map((route) => route.name),
              `${name}\nroutes`,
              `Routes that allow ${name}`,
              false,
            ),
    },
    {
      key: 'actions',
      label: 'Actions',
      cell: ({ name, role }) => {
        const reason = whyNot ?? (role.reserved ? 'It is reserved: change it as YAML.' : null)
        const byLines = reason ?? (fitsLines(role) ? null : 'A value has more than one line: change it as YAML.')
        return html`<span class="row-actions">${quiet('Edit', name, byLines, () => edit(name))}${quiet('Delete', name, reason, () => remove(name))}</span>`
      },
    },
  ]
}

/** Its name is that of what it does it to, for who hears one after the other. */
function quiet(label: string, name: string, whyNot: string | null, act: () => void): TemplateResult {
  return html`<span class="quiet">${button({ label, name: `${label} ${name}`, whyNot, act })}</span>`
}

function roleCell({ name, role, isGiven }: RoleRow): TemplateResult {
  return html`<span class="role-name">${name}</span>
    ${role.reserved ? badge('muted', 'reserved', 'slash') : nothing}${role.hidden ? badge('muted', 'hidden') : nothing}${isGiven ? nothing : badge('warn', 'nobody has it')}
    ${role.description === null || role.description === '' ? nothing : html`<span class="role-description muted">${role.description}</span>`}`
}

function values(all: readonly string[], key: string, what: string, isCode = true): TemplateResult {
  if (all.length === 0) return html`<span class="muted no-values" aria-hidden="true">–</span><span class="visually-hidden">none</span>`
  const isOpen = opened.value.has(key)
  const shown = all.slice(0, isOpen ? MANY : all.length === FEW + 1 ? FEW + 1 : FEW)
  const more = all.length - shown.length
  const flip = (): void => {
    const next = new Set(opened.value)
    if (!next.delete(key)) next.add(key)
    opened.value = next
  }
  return html`<span class="values">${shown.map((value) => (isCode ? html`<code>${value}</code>` : html`<span class="value">${value}</span>`))}
    ${isOpen && more > 0 ? html`<span class="muted">and ${count(more)} more: see YAML</span>` : nothing}
    ${isOpen || more > 0 ? html`<button class="link" type="button" aria-expanded=${isOpen} aria-label=${isOpen ? `Fewer: ${what}` : `${count(more)} more: ${what}`} @click=${flip}>${isOpen ? 'fewer' : `+${count(more)}`}</button>` : nothing}</span>`
}

function routesPanel(rows: readonly RouteRow[]): TemplateResult {
  const closed = rows.filter(({ isClosed }) => isClosed).length
  const from = routesFrom.value < rows.length ? routesFrom.value : 0
  const paging = {
    from,
    size: PAGE,
    total: rows.length,
    turn: (next: number) => {
      routesFrom.value = next
    },
  }
  const table = dataTable({
    caption: 'Routes and the roles that they allow',
    columns: ROUTE_COLUMNS,
    rows: rows.slice(from, from + PAGE).map((row, index) => ({ ...row, place: from + index })),
    keyOf: ({ place }) => place,
    empty: empty('No route is configured', undefined, 'route'),
    ...(rows.length > PAGE ? { paging } : {}),
  })
  return panel('Routes', table, closed === 0 ? nothing : badge('warn', `${plural(closed, 'route')} nobody reaches`))
}

const ROUTE_COLUMNS: readonly Column<RouteRow & { readonly place: number }>[] = [
  { key: 'name', label: 'Route', isHeading: true, cell: ({ route }) => route.name },
  { key: 'path', label: 'Path', cell: ({ route }) => html`<code>${route.path}</code>` },
  {
    key: 'methods',
    label: 'Methods',
    cell: ({ route }) => (route.methods.length === 0 ? html`<span class="muted">all</span>` : route.methods.join(', ')),
  },
  {
    key: 'allow',
    label: 'Allows',
    cell: ({ route, isClosed }) =>
      html`<span class="values">${route.allow.map((word) => html`<code>${typeof word === 'string' ? word : `${word.database} ${word.access}`}</code>`)}${isClosed ? badge('warn', 'nobody has it') : nothing}</span>`,
  },
]
