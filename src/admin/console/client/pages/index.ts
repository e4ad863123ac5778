import type { PageEntry } from './page.ts'

/** All pages, in the order of the navigation. */
export const PAGES: readonly PageEntry[] = [
  { path: '', label: 'Overview', icon: 'activity', load: () => import('./overview.ts') },
  { path: 'certificates', label: 'Certificates', icon: 'award', load: () => import('./certificates.ts') },
  { path: 'certificates/new', label: 'Add a certificate', icon: null, under: 'certificates', load: () => import('./certificate-new.ts') },
  { path: 'certificates/{fingerprint}', label: 'Certificate', icon: null, under: 'certificates', load: () => import('./certificate.ts') },
  { path: 'roles', label: 'Roles', icon: 'users', load: () => import('./roles.ts') },
  { path: 'explain', label: 'Explain', icon: 'route', load: () => import('./explain.ts') },
  { path: 'explain/matrix', label: 'Matrix of access', icon: null, under: 'explain', load: () => import('./matrix.ts') },
  { path: 'audit', label: 'Audit', icon: 'list', load: () => import('./audit.ts') },
  { path: 'audit/{sequence}', label: 'Audit entry', icon: null, under: 'audit', load: () => import('./audit-entry.ts') },
]
