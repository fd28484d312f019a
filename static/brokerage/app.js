/* Starts GOV.UK's components and the type-ahead selects; again for every fragment that htmx puts into the page. */

const { initAll } = await import(document.getElementById('govuk-frontend-module').href)

/* A select marked data-autocomplete becomes a type-ahead box. The select stays the truth: what the box shows when the
   form is sent is what is sent, and an emptied box empties the select. */
function enhanceSelects (scope) {
  for (const select of scope.querySelectorAll('select[data-autocomplete]')) {
    if (!window.accessibleAutocomplete || select.dataset.enhanced) continue
    select.dataset.enhanced = 'true'
    const id = select.id
    const described = (select.getAttribute('aria-describedby') || '')
      .split(' ').map(name => document.getElementById(name)).filter(Boolean)
      .map(node => node.textContent.trim()).join('. ')
    window.accessibleAutocomplete.enhanceSelectElement({
      selectElement: select,
      autoselect: false,
      confirmOnBlur: true,
      showAllValues: true,
      defaultValue: select.value ? undefined : '',
      inputClasses: 'govuk-input' + (select.classList.contains('govuk-select--error') ? ' govuk-input--error' : ''),
      dropdownArrow: () => '<svg class="autocomplete__dropdown-arrow-down app-arrow" focusable="false" viewBox="0 0 512 512"><path d="M256,298.3 L256,298.3 L174.2,216.5 C167.3,209.6 156.1,209.6 149.2,216.5 C142.3,223.4 142.3,234.6 149.2,241.5 L243.3,335.6 C250.2,342.5 261.4,342.5 268.3,335.6 L362.4,241.5 C369.3,234.6 369.3,223.4 362.4,216.5 C355.5,209.6 344.3,209.6 337.4,216.5 L256,298.3 Z"/></svg>',
      tNoResults: () => select.dataset.noResults,
      tAssistiveHint: () => [described, select.dataset.hint].filter(Boolean).join('. '),
      tStatusQueryTooShort: () => select.dataset.hint,
      tStatusNoResults: () => select.dataset.noResults,
      tStatusResults: (length, selected) => `${length} ${select.dataset.results}. ${selected}`,
      tStatusSelectedOption: (option, length, index) => `${option} ${index + 1}/${length}`
    })
    const box = document.getElementById(id)
    const form = select.form
    if (form && box) {
      form.addEventListener('submit', () => {
        const typed = box.value.trim()
        const match = [...select.options].find(option => option.text.trim() === typed)
        select.value = match ? match.value : ''
      })
    }
  }
}

function start (scope) {
  initAll({ scope })
  enhanceSelects(scope)
}

/* Whoever signed in again in another tab has a new token: send that, so that nothing typed here is lost. */
function currentToken () {
  return (document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) || [])[1]
}

document.addEventListener('submit', event => {
  const field = event.target.elements.csrfmiddlewaretoken
  if (field && currentToken()) field.value = currentToken()
}, true)
document.body.addEventListener('htmx:configRequest', event => {
  const token = currentToken()
  if (!token) return
  event.detail.headers['X-CSRFToken'] = token
  if (event.detail.parameters.csrfmiddlewaretoken) event.detail.parameters.csrfmiddlewaretoken = token
})

start(document.body)
document.body.addEventListener('htmx:load', event => {
  if (event.target !== document.body) start(event.target)
})
document.body.addEventListener('click', event => {
  if (event.target.closest('[data-print]')) window.print()
})
