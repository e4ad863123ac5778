import type { PageEntry } from './page.ts'

/** All pages, in the order of the navigation. */
export const PAGES: readonly PageEntry[] = [
  { path: '', label: 'Overview', icon: 'activity', load: () => import('./overview.ts') },
  { path: 'roles', label: 'Roles', icon: 'users', load: () => import('./roles.ts') },
  { path: 'audit', label: 'Audit', icon: 'list', load: () => import('./audit.ts') },
  { path: 'audit/{sequence}', label: 'Audit entry', icon: null, under: 'audit', load: () => import('./audit-entry.ts') },
]
