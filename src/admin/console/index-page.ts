export interface IndexPage {
  readonly style: string
  readonly icon: string
  readonly main: string
  /** Modules that are fetched at once. */
  readonly preload: readonly string[]
}

/** The one document of the console; the addresses in it are ours. Nothing is drawn before its script knows the theme. */
export function indexPage({ style, icon, main, preload }: IndexPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>certgate</title>
<link rel="icon" href="${icon}" type="image/svg+xml">
<link rel="stylesheet" href="${style}">
${preload.map((path) => `<link rel="modulepreload" href="${path}">`).join('\n')}
<script type="module" blocking="render" src="${main}"></script>
</head>
<body>
<div id="app"></div>
<noscript><p class="noscript">The console is a program that runs in the browser: allow JavaScript for this address, or use the certgate command.</p></noscript>
</body>
</html>
`
}
