#include "truckee/status/markup.hpp"
#include "truckee/status/pages.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

namespace truckee::status {

using namespace messages;
using grid::share_state;

namespace {

constexpr std::array<share_state, grid::share_state_count> all_states{
    share_state::placed, share_state::outstanding, share_state::goal,
    share_state::failed, share_state::unknown,     share_state::stale};

/// Read without colour: the state's first letter.
char letter_of(share_state state) {
  return static_cast<char>(to_string(state).front() - 'a' + 'A');
}

std::string cell(const share_state* state) {
  if (state == nullptr)
    return "<td class=\"none\"></td>";
  return fmt::format(
      R"(<td class="cell {0}"><span aria-hidden="true">{1}</span><span class="hidden">{0}</span></td>)",
      to_string(*state), letter_of(*state));
}

std::string facts(const operation_detail& x) {
  const auto& e = x.event;
  const auto fact = [](std::string_view name, const std::string& value) {
    return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, value);
  };
  std::string out = "<dl id=\"facts\" data-live class=\"facts\">\n";
  out += fact("File", e.slot.empty() ? "&ndash;" : "<code>" + escaped(e.slot) + "&hellip;</code>");
  out += fact("Size", e.bytes_total > 0 ? size_words(e.bytes_total) : "&ndash;");
  if (e.segments_total > 0)
    out += fact("Segments", fmt::format("{} of {}", e.segments_done, e.segments_total));
  if (x.publish) {
    const auto& p = *x.publish;
    out += fact("What", spoken(to_word(p.mode)) + (p.tries > 1 ? fmt::format(", try {}", p.tries) : ""));
    out += fact("Version", std::to_string(p.version.value));
    out += fact("Encoding", fmt::format("{} of {}", p.spread.needed, p.spread.total));
    out += fact("Happy", e.finished ? fmt::format("{} (asked: {})", p.happiness, p.spread.happy)
                                    : fmt::format("asked: {}", p.spread.happy));
  }
  if (x.strict)
    out += fact("Kept strictly",
                fmt::format("{}, on {} of {} servers, {} needed", spoken(to_word(x.strict->outcome)),
                            x.strict->confirming, x.strict->places, x.strict->needed));
  out += fact("Started", clock_words(e.started_ms));
  out += fact(e.finished ? "Took" : "Running for", time_words(e.seconds));
  return out + "</dl>\n";
}

std::string head(const operation_detail& x) {
  const auto& e = x.event;
  auto out = fmt::format(R"(<h1 id="title" data-live>{} {} <span class="badge {}">{}</span></h1>
)",
                         to_word(e.kind), e.operation, state_class(e), escaped(state_word(e)));
  out += fmt::format(
      R"(<div id="now" data-live class="now {}"><progress max="100" value="{:.0f}" aria-label="Progress">{:.0f} %</progress><p>{}</p></div>
)",
      state_class(e), e.progress * 100, e.progress * 100, escaped(e.text));
  return out;
}

std::string picture(const publish_detail& p) {
  std::map<std::pair<std::uint32_t, std::uint8_t>, share_state> at;
  std::uint8_t last = static_cast<std::uint8_t>(p.spread.total - 1);
  for (const auto& share : p.shares) {
    at[{share.server, share.share.value}] = share.state;
    last = std::max(last, share.share.value);
  }
  std::string out = R"(<section id="picture" data-live aria-labelledby="picture-title">
<h2 id="picture-title">Shares on servers</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="picture-title"><table class="picture">
<thead><tr><th scope="col">Server</th>)";
  for (unsigned share = 0; share <= last; ++share)
    out += fmt::format(R"(<th scope="col"><span class="hidden">share </span>{}</th>)", share);
  out += "</tr></thead>\n<tbody>\n";
  for (std::uint32_t server = 0; server < p.servers.size(); ++server) {
    out += fmt::format(R"(<tr><th scope="row">{}</th>)", escaped(p.servers[server]));
    for (unsigned share = 0; share <= last; ++share) {
      const auto found = at.find({server, static_cast<std::uint8_t>(share)});
      out += cell(found == at.end() ? nullptr : &found->second);
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n<ul class=\"legend\">";
  for (const auto state : all_states) {
    const auto n = std::ranges::count(p.shares, state, &share_cell::state);
    out += fmt::format(R"(<li><span class="cell {0}" aria-hidden="true">{1}</span> {0}: {2}</li>)",
                       to_string(state), letter_of(state), n);
  }
  out += "</ul>\n";
  if (p.not_shown > 0)
    out += fmt::format("<p class=\"quiet\">{} more are not shown.</p>\n", p.not_shown);
  return out + "</section>\n";
}

std::string stages(const operation_detail& x) {
  std::string out = R"(<section id="stages" data-live aria-labelledby="stages-title">
<h2 id="stages-title">Stages</h2>
<table class="stages"><thead class="hidden"><tr><th scope="col">Stage</th><th scope="col">Share of the whole</th><th scope="col">Time</th></tr></thead>
<tbody>
)";
  const auto total = std::max(x.event.seconds, 1e-9);
  const auto row = [&](std::string_view name, double seconds, std::string_view extra) {
    out += fmt::format(
        R"(<tr{4}><th scope="row">{0}</th><td><progress max="100" value="{1:.2f}" aria-label="{0}">{1:.0f} %</progress></td><td class="number">{2}{3}</td></tr>)"
        "\n",
        escaped(name), std::min(100.0, seconds / total * 100), time_words(seconds), "", extra);
  };
  for (const auto& stage : x.stages)
    row(to_word(stage.which), stage.seconds, "");
  row("total", x.event.seconds, " class=\"total\"");
  return out + "</tbody></table>\n</section>\n";
}

std::string outcome_class(const server_message& m) {
  if (!m.outcome)
    return "running";
  return m.outcome == server_outcome::written || m.outcome == server_outcome::answered ? "ok" : "failed";
}

std::string message_words(const server_message& m) {
  const auto what = m.shares == 0 ? std::string("looked again")
                                  : fmt::format("{} share{}", m.shares, m.shares == 1 ? "" : "s");
  return fmt::format(R"(<li><span class="badge {}">{}</span> {}, {}{}</li>)", outcome_class(m),
                     m.outcome ? spoken(to_word(*m.outcome)) : "waiting for its answer", what,
                     time_words(m.seconds),
                     m.detail.empty() ? "" : ": <span class=\"text\">" + escaped(m.detail) + "</span>");
}

std::string servers(const operation_detail& x) {
  const auto& p = *x.publish;
  std::string out = R"(<section id="servers" data-live aria-labelledby="servers-title">
<h2 id="servers-title">Servers</h2>
<table class="messages"><thead><tr><th scope="col">Server</th><th scope="col">Messages: outcome, shares, time</th></tr></thead>
<tbody>
)";
  for (std::uint32_t server = 0; server < p.servers.size(); ++server) {
    std::string lines;
    for (const auto& message : p.messages)
      if (message.server == server)
        lines += message_words(message);
    for (const auto& problem : x.problems)
      if (problem.server == p.servers[server] && lines.empty())
        lines += fmt::format(R"(<li><span class="badge failed">{}</span> <span class="text">{}</span></li>)",
                             spoken(to_word(problem.outcome)), escaped(problem.detail));
    out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(p.servers[server]),
                       lines.empty() ? "<span class=\"quiet\">not asked</span>" : "<ul>" + lines + "</ul>");
  }
  return out + "</tbody></table>\n</section>\n";
}

std::string problems(const operation_detail& x) {
  std::string out = "<section id=\"problems\" data-live aria-labelledby=\"problems-title\">\n"
                    "<h2 id=\"problems-title\">Problems</h2>\n";
  if (x.problems.empty())
    return out + "<p class=\"quiet\">None.</p>\n</section>\n";
  out += "<ul>\n";
  for (const auto& problem : x.problems)
    out += fmt::format("<li>{}<span class=\"badge failed\">{}</span> <span class=\"text\">{}</span></li>\n",
                       problem.server.empty() ? "" : "<strong>" + escaped(problem.server) + "</strong> ",
                       spoken(to_word(problem.outcome)), escaped(problem.detail));
  return out + "</ul>\n</section>\n";
}

} // namespace

std::string operation_page(const operation_detail& x) {
  auto main = head(x) + facts(x);
  if (x.publish)
    main += picture(*x.publish);
  main += stages(x);
  if (x.publish)
    main += servers(x);
  main += problems(x);
  return page(fmt::format("{} {} - Truckee gateway", to_word(x.event.kind), x.event.operation), main);
}

} // namespace truckee::status
