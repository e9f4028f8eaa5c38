#include "truckee/cli/terminal/status_table.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <vector>

namespace truckee::cli {

using namespace messages;

namespace {

constexpr std::size_t gap = 2;

using row = std::vector<std::string>;

/// Columns as wide as their longest cell; the last one takes what is left. Names and details come from peers:
/// only printable ASCII is drawn, so a character is a column.
class table {
public:
  explicit table(row titles) { add(std::move(titles)); }

  void add(row cells) {
    for (auto& cell : cells)
      cell = printable(cell);
    rows_.push_back(std::move(cells));
  }
  bool empty() const { return rows_.size() < 2; }

  std::vector<std::string> lines(const progress_style& style) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& cells : rows_)
      for (std::size_t i = 0; i < cells.size(); ++i)
        widths[i] = std::max(widths[i], cells[i].size());
    std::vector<std::string> out;
    for (const auto& cells : rows_) {
      std::string line;
      for (std::size_t i = 0; i < cells.size(); ++i)
        line += i + 1 == cells.size() ? cells[i] : fmt::format("{:<{}}", cells[i], widths[i] + gap);
      line.resize(std::min(line.size(), style.width));
      line.erase(line.find_last_not_of(' ') + 1);
      if (style.color && out.empty())
        line.insert(0, "\033[2m").append("\033[0m");
      out.push_back(std::move(line));
    }
    return out;
  }

private:
  std::vector<row> rows_;
};

std::string shares(const progress_event& x) {
  return x.goal > 0 ? fmt::format("{}/{}", x.placed, x.goal) : "";
}

std::string bytes_or_nothing(std::uint64_t bytes) {
  return bytes > 0 ? human_bytes(static_cast<double>(bytes)) : "";
}

std::string milliseconds(double seconds) {
  return seconds > 0 ? fmt::format("{:.1f} ms", seconds * 1e3) : "";
}

table operations(const std::vector<progress_event>& xs, bool live) {
  table out(live ? row{"ID", "KIND", "FILE", "DONE", "SHARES", "SIZE", "TIME", "DOING"}
                 : row{"ID", "KIND", "FILE", "SHARES", "SIZE", "TIME", "END"});
  for (const auto& x : xs) {
    row cells{std::to_string(x.operation), std::string(to_word(x.kind)), x.slot};
    if (live)
      cells.push_back(fmt::format("{:.0f} %", std::clamp(x.progress, 0.0, 1.0) * 100));
    cells.insert(cells.end(),
                 {shares(x), bytes_or_nothing(x.bytes_total), human_time(seconds(x.seconds)), x.text});
    out.add(std::move(cells));
  }
  return out;
}

table servers(const std::vector<link_report>& xs) {
  table out({"SERVER", "STATE", "LATENCY", "IN FLIGHT", "WHERE", "DETAIL"});
  for (const auto& x : xs)
    out.add({x.server, std::string(to_word(x.state)), milliseconds(x.latency_seconds),
             bytes_or_nothing(x.bytes_in_flight), x.endpoint, x.detail});
  return out;
}

void append(std::vector<std::string>& out, const std::string& title, const table& t,
            const progress_style& style) {
  if (t.empty())
    return;
  out.emplace_back();
  const auto shown = title.substr(0, style.width);
  out.push_back(style.color ? "\033[1m" + shown + "\033[0m" : shown);
  for (auto& line : t.lines(style))
    out.push_back(std::move(line));
}

void add_text(std::vector<std::string>& out, const std::string& text, const progress_style& style) {
  if (!text.empty())
    out.push_back(printable(text).substr(0, style.width));
}

std::string text_of(std::vector<std::string> lines, const progress_style& style, std::size_t rows) {
  if (rows > 0 && lines.size() > rows) {
    lines.resize(std::max<std::size_t>(rows, 2) - 1);
    lines.emplace_back(std::string("... more lines than the terminal has").substr(0, style.width));
  }
  std::string out;
  for (const auto& line : lines)
    out += line + "\n";
  return out;
}

std::string heading(const operation_detail& x) {
  auto out = fmt::format("{} {}", to_word(x.event.kind), x.event.operation);
  if (!x.event.slot.empty())
    out += " of file " + x.event.slot;
  if (x.publish)
    out += fmt::format(", {} to version {}, {}-of-{}, happy {}", spoken(to_word(x.publish->mode)),
                       x.publish->version.value, x.publish->spread.needed, x.publish->spread.total,
                       x.publish->spread.happy);
  if (x.event.finished)
    return out +
           fmt::format(": {} after {}", x.event.ok ? "done" : "failed", human_time(seconds(x.event.seconds)));
  return out + fmt::format(": {:.0f} %, {}", std::clamp(x.event.progress, 0.0, 1.0) * 100,
                           human_time(seconds(x.event.seconds)));
}

/// On as many lines as it takes.
std::vector<std::string> stages(const std::vector<stage_seconds>& xs, std::size_t width) {
  std::vector<std::string> out;
  for (const auto& stage : xs) {
    auto word = fmt::format("{} {:.1f}{}", to_word(stage.which), stage.seconds * 1e3,
                            &stage == &xs.back() ? "" : ",");
    if (out.empty())
      out.push_back("Stages (ms):");
    if (out.back().size() + 1 + word.size() > width)
      out.push_back("  " + word);
    else
      out.back() += " " + word;
  }
  return out;
}

/// "placed 0 7; outstanding 3", the states in the order in which they matter.
std::string shares_of(const publish_detail& publish, std::uint32_t server) {
  std::map<grid::share_state, std::string> by_state;
  for (const auto& cell : publish.shares)
    if (cell.server == server)
      by_state[cell.state] += " " + std::to_string(cell.share.value);
  std::string out;
  for (const auto& [state, numbers] : by_state)
    out += (out.empty() ? "" : "; ") + std::string(to_string(state)) + numbers;
  return out;
}

table places(const operation_detail& x) {
  table out({"SERVER", "SHARES", "MESSAGES", "LAST", "TIME", "DETAIL"});
  for (std::uint32_t i = 0; i < x.publish->servers.size(); ++i) {
    const server_message* last = nullptr;
    std::size_t count = 0;
    for (const auto& message : x.publish->messages)
      if (message.server == i) {
        last = &message;
        ++count;
      }
    out.add({x.publish->servers[i], shares_of(*x.publish, i), count > 0 ? std::to_string(count) : "",
             last == nullptr  ? ""
             : !last->outcome ? "waiting"
                              : spoken(to_word(*last->outcome)),
             last == nullptr ? "" : milliseconds(last->seconds), last == nullptr ? "" : last->detail});
  }
  return out;
}

table problems(const std::vector<server_report>& xs) {
  table out({"SERVER", "WHAT", "DETAIL"});
  for (const auto& x : xs)
    out.add({x.server, spoken(to_word(x.outcome)), x.detail});
  return out;
}

} // namespace

std::string render_status(const status_reply& x, const progress_style& style, std::size_t rows) {
  std::uint64_t in_flight = 0;
  std::size_t ready = 0;
  for (const auto& server : x.servers) {
    in_flight += server.bytes_in_flight;
    ready += server.state == link_state::ready;
  }
  auto head = fmt::format("{} running, {} waiting; {} of {} servers ready; {} in flight; {} keys ready",
                          x.running.size(), x.waiting.size(), ready, x.servers.size(),
                          human_bytes(static_cast<double>(in_flight)), x.keys_ready);
  head.resize(std::min(head.size(), style.width));
  std::vector<std::string> lines{head};
  append(lines, "Running", operations(x.running, true), style);
  append(lines, "Waiting", operations(x.waiting, true), style);
  append(lines, "Servers", servers(x.servers), style);
  append(lines, "Recent, newest first", operations(x.recent, false), style);
  return text_of(std::move(lines), style, rows);
}

std::string render_operation(const operation_detail& x, const progress_style& style, std::size_t rows) {
  std::vector<std::string> lines;
  add_text(lines, heading(x), style);
  add_text(lines, x.event.text, style);
  for (const auto& line : stages(x.stages, style.width))
    add_text(lines, line, style);
  if (x.publish)
    append(lines, "Servers", places(x), style);
  append(lines, "What went wrong", problems(x.problems), style);
  return text_of(std::move(lines), style, rows);
}

} // namespace truckee::cli
