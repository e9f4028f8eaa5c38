#include "truckee/cli/terminal/progress_bar.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <vector>

namespace truckee::cli {

namespace {

constexpr std::size_t bar_columns_min = 10;
constexpr std::size_t bar_columns_max = 40;
constexpr std::size_t width_max = 500;

double fraction_of(const progress_state& s) {
  return std::isfinite(s.fraction) ? std::clamp(s.fraction, 0.0, 1.0) : 0.0;
}

/// Bytes a second so far; nothing while it would be a guess.
std::optional<double> rate_of(const progress_state& s) {
  const auto flowing = s.elapsed - s.bytes_since;
  if (s.bytes_done == 0 || flowing < seconds{0.1})
    return std::nullopt;
  return static_cast<double>(s.bytes_done) / flowing.count();
}

std::optional<seconds> time_left(const progress_state& s) {
  const auto rate = rate_of(s);
  if (!rate || s.bytes_total <= s.bytes_done)
    return std::nullopt;
  const seconds left{static_cast<double>(s.bytes_total - s.bytes_done) / *rate};
  return left < std::chrono::hours{24 * 100} ? std::optional{left} : std::nullopt;
}

/// What stands right of the bar, most important first.
std::vector<std::string> facts_about(const progress_state& s) {
  std::vector<std::string> out;
  if (s.goal > 0)
    out.push_back(fmt::format("{}/{} shares", s.placed, s.goal));
  else
    out.push_back(fmt::format("{:.0f} %", std::floor(fraction_of(s) * 100)));
  if (const auto left = time_left(s))
    out.push_back(human_time(*left) + " left");
  else if (s.elapsed >= seconds{1})
    out.push_back(human_time(s.elapsed));
  if (const auto rate = rate_of(s))
    out.push_back(human_bytes(*rate) + "/s");
  return out;
}

std::string bar(double fraction, std::size_t columns, const progress_style& style) {
  const auto full = static_cast<std::size_t>(fraction * static_cast<double>(columns));
  std::string filled;
  std::string empty;
  for (std::size_t i = 0; i < columns; ++i)
    (i < full ? filled : empty) += style.unicode ? (i < full ? "█" : "░") : (i < full ? "#" : ".");
  if (style.color)
    return "\033[32m" + filled + "\033[0m\033[2m" + empty + "\033[0m";
  return filled + empty;
}

} // namespace

std::string printable(std::string_view text) {
  std::string out{text};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

std::string human_bytes(double bytes) {
  constexpr std::array<const char*, 6> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  // 1023.95 would be shown as 1024.0.
  while (bytes >= (unit == 0 ? 1023.5 : 1023.95) && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units.at(unit));
}

std::string human_time(seconds time) {
  const auto whole = static_cast<std::int64_t>(std::ceil(std::clamp(time.count(), 0.0, 1e9)));
  const auto hours = whole / 3600;
  const auto minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string render(const progress_state& state, const progress_style& style) {
  const auto width = std::clamp<std::size_t>(style.width, 1, width_max);
  auto stage = printable(state.stage);
  if (stage.size() > width)
    stage.resize(width);
  std::string tail;
  const auto room = [&] { return width - stage.size() - tail.size(); };
  const auto facts = facts_about(state);
  for (std::size_t i = 0; i < facts.size(); ++i) {
    // The first fact goes before the bar, the others only beside one.
    const std::size_t reserved = i == 0 ? 0 : bar_columns_min + 2;
    if (facts[i].size() + 2 + reserved > room())
      break;
    tail += "  " + facts[i];
  }
  if (room() < bar_columns_min + 2)
    return stage + tail;
  const auto columns = std::min(bar_columns_max, room() - 2);
  return stage + "  " + bar(fraction_of(state), columns, style) + tail;
}

std::string render_plain(const progress_state& state) {
  auto out = printable(state.stage) + ":";
  for (const auto& fact : facts_about(state))
    out += (out.ends_with(":") ? " " : ", ") + fact;
  return out;
}

output_facts facts_of(int descriptor) {
  const auto variable = [](const char* name) -> std::string_view {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets variables here
    return value ? value : "";
  };
  output_facts out;
  out.terminal = ::isatty(descriptor) == 1 && variable("TERM") != "dumb" && !variable("TERM").empty();
  if (!out.terminal)
    return out;
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    out.style.width = size.ws_col;
  out.style.color = variable("NO_COLOR").empty();
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = variable(name);
    if (value.empty())
      continue;
    out.style.unicode = value.find("UTF-8") != value.npos || value.find("utf8") != value.npos;
    break;
  }
  return out;
}

progress_display::progress_display(output_facts facts, std::shared_ptr<bottom_line> to)
  : facts_(facts), to_(std::move(to)) {
  // A line that ends in the last column makes some terminals wrap.
  facts_.style.width = std::max<std::size_t>(facts_.style.width, 2) - 1;
}

progress_display::~progress_display() {
  to_->show({});
}

void progress_display::update(const progress_state& state) {
  const auto due = last_drawn_ ? *last_drawn_ + (facts_.terminal ? redraw_interval : line_interval)
                               : (facts_.terminal ? quiet_time : line_interval);
  if (state.elapsed < due)
    return;
  last_drawn_ = state.elapsed;
  if (facts_.terminal)
    to_->show(render(state, facts_.style));
  else
    to_->print(render_plain(state) + "\n");
}

void progress_display::finish(std::string_view summary) {
  to_->show({});
  if (!summary.empty())
    to_->print(std::string{summary} + "\n");
}

} // namespace truckee::cli
