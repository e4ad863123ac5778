/**
 * Methods that a route without `methods` admits: those registered with IANA (RFC 9110 section 16.1) and PURGE. TRACE, lower-case and
 * unknown ones pass only where a route names them, so that no upstream's leniency about methods undoes an earlier route.
 */
export const ORDINARY_METHODS: ReadonlySet<string> = new Set(
  `GET HEAD POST PUT DELETE OPTIONS PATCH QUERY PURGE ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK LOCK MERGE MKACTIVITY
  MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PROPFIND PROPPATCH REBIND REPORT SEARCH UNBIND UNCHECKOUT UNLINK UNLOCK
  UPDATE UPDATEREDIRECTREF VERSION-CONTROL`.split(/\s+/),
)
