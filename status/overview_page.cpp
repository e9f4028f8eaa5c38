#include "truckee/status/markup.hpp"
#include "truckee/status/pages.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace truckee::status {

using namespace messages;

std::string state_class(const progress_event& x) {
  if (!x.finished)
    return "running";
  if (x.ok)
    return "ok";
  if (x.failure == errc::uncoordinated_write)
    return "conflict";
  return x.failure == errc::cancelled ? "cancelled" : "failed";
}

std::string state_word(const progress_event& x) {
  if (!x.finished)
    return "running";
  return x.ok ? "finished" : std::string(to_string(x.failure));
}

namespace {

std::string link_to(const progress_event& x) {
  return fmt::format(R"(<a href="/operations/{0}">{1} {0}</a>)", x.operation, to_word(x.kind));
}

std::string file_of(const progress_event& x) {
  return x.slot.empty() ? "&ndash;" : "<code>" + escaped(x.slot) + "&hellip;</code>";
}

std::string running_row(const progress_event& x, bool waiting) {
  std::string out =
      fmt::format(R"(<tr><th scope="row">{}</th><td data-label="File">{}</td><td data-label="Size">{}</td>)",
                  link_to(x), file_of(x), x.bytes_total > 0 ? size_words(x.bytes_total) : "&ndash;");
  if (waiting)
    out += fmt::format(R"(<td data-label="State"><span class="badge waiting">waiting</span> {}</td>)",
                       escaped(x.text));
  else
    out += fmt::format(
        R"(<td data-label="Progress" class="wide"><progress max="100" value="{0:.0f}" aria-label="Progress of {2} {3}">{0:.0f} %</progress> <span class="text">{1}</span></td>)",
        x.progress * 100, escaped(x.text), to_word(x.kind), x.operation);
  return out + fmt::format(R"(<td data-label="For" class="number">{}</td></tr>)", time_words(x.seconds)) +
         "\n";
}

std::string running_section(const status_reply& s) {
  std::string out = R"(<section id="running" data-live aria-labelledby="running-title">
<h2 id="running-title">Running</h2>
)";
  if (s.running.empty() && s.waiting.empty())
    return out + "<p class=\"quiet\">Nothing is running.</p>\n</section>\n";
  out +=
      R"(<table><thead><tr><th scope="col">Operation</th><th scope="col">File</th><th scope="col">Size</th>)"
      R"(<th scope="col">Progress</th><th scope="col" class="number">For</th></tr></thead>
<tbody>
)";
  for (const auto& x : s.running)
    out += running_row(x, false);
  for (const auto& x : s.waiting)
    out += running_row(x, true);
  return out + "</tbody></table>\n</section>\n";
}

std::string recent_section(const status_reply& s) {
  std::string out = R"(<section id="recent" data-live aria-labelledby="recent-title">
<h2 id="recent-title">Recent</h2>
)";
  if (s.recent.empty())
    return out + "<p class=\"quiet\">Nothing has ended yet.</p>\n</section>\n";
  out +=
      R"(<table><thead><tr><th scope="col">Operation</th><th scope="col">File</th><th scope="col">Size</th>)"
      R"(<th scope="col">Outcome</th><th scope="col">Started</th><th scope="col" class="number">Took</th></tr></thead>
<tbody>
)";
  for (const auto& x : s.recent)
    out += fmt::format(
        R"(<tr><th scope="row">{}</th><td data-label="File">{}</td><td data-label="Size">{}</td><td data-label="Outcome" class="wide"><span class="badge {}">{}</span>{}</td><td data-label="Started">{}</td><td data-label="Took" class="number">{}</td></tr>)"
        "\n",
        link_to(x), file_of(x), x.bytes_total > 0 ? size_words(x.bytes_total) : "&ndash;", state_class(x),
        escaped(state_word(x)),
        x.ok && x.text == "Finished" ? "" : " <span class=\"text\">" + escaped(x.text) + "</span>",
        clock_words(x.started_ms), time_words(x.seconds));
  return out + "</tbody></table>\n</section>\n";
}

std::string servers_section(const status_reply& s) {
  std::string out = R"(<section id="servers" data-live aria-labelledby="servers-title">
<h2 id="servers-title">Servers</h2>
<table><thead><tr><th scope="col">Server</th><th scope="col">Link</th><th scope="col" class="number">Latency</th>)"
                    R"(<th scope="col" class="number">In flight</th><th scope="col">Address</th></tr></thead>
<tbody>
)";
  for (const auto& x : s.servers) {
    const bool ready = x.state == link_state::ready;
    out += fmt::format(
        R"(<tr><th scope="row">{}</th><td data-label="Link" class="wide"><span class="badge {}">{}</span>{}</td><td data-label="Latency" class="number">{}</td><td data-label="In flight" class="number">{}</td><td data-label="Address">{}</td></tr>)"
        "\n",
        escaped(x.server),
        ready                               ? "ok"
        : x.state == link_state::connecting ? "waiting"
                                            : "failed",
        to_word(x.state),
        ready || x.detail.empty() ? "" : " <span class=\"text\">" + escaped(x.detail) + "</span>",
        x.latency_seconds > 0 ? time_words(x.latency_seconds) : "&ndash;", size_words(x.bytes_in_flight),
        x.endpoint.empty() ? "&ndash;" : escaped(x.endpoint));
  }
  return out + "</tbody></table>\n</section>\n";
}

} // namespace

std::string overview_page(const status_reply& s) {
  const auto ready = std::ranges::count(s.servers, link_state::ready, &link_report::state);
  const bool enough = ready >= s.defaults.happy;
  const bool strict = s.order == shares_order::strict;
  auto main = fmt::format(
      R"(<h1>Overview</h1>
<dl id="sum" data-live class="facts">
<div><dt>Running</dt><dd>{}</dd></div>
<div><dt>Waiting</dt><dd>{}</dd></div>
<div class="{}"><dt>Servers ready</dt><dd>{} of {}</dd></div>
<div><dt>New files</dt><dd>{} of {}, {}</dd></div>
<div><dt>Writes</dt><dd>{}</dd></div>
<div><dt>Keys ready</dt><dd>{}</dd></div>
</dl>
)",
      s.running.size(), s.waiting.size(), enough ? "good" : "bad", ready, s.servers.size(), s.defaults.needed,
      s.defaults.total,
      strict ? fmt::format("on {} servers at least", s.defaults.happy)
             : fmt::format("happy with {}", s.defaults.happy),
      strict ? fmt::format("strictly, {} servers confirm", s.defaults.happy) : "in place", s.keys_ready);
  main += running_section(s) + servers_section(s) + recent_section(s);
  return page("Truckee gateway", main);
}

} // namespace truckee::status
