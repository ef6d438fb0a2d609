// Applies the chosen theme before the first paint (a plain script: modules run too late).
(function () {
  try {
    var theme = localStorage.getItem('theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch (error) {
    // No storage: the system's theme.
  }
})();
