// Import this before oidc-provider: it remarks on what is fit for tests alone, and partly on standard output.

console.info = console.warn = () => {};
