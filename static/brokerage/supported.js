/* First child of body: tells the stylesheets and GOV.UK's components that scripts run. Without it they all stay off. */
document.body.className += ' js-enabled' + ('noModule' in HTMLScriptElement.prototype ? ' govuk-frontend-supported' : '')
