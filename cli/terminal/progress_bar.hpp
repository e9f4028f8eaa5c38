#pragma once

#include "truckee/cli/terminal/standard_error.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// How far an operation is, for a person who waits.
namespace truckee::cli {

using seconds = std::chrono::duration<double>;

/// How far an operation is.
struct progress_state {
  std::string stage;            ///< e.g. "Sending shares"
  double fraction = 0;          ///< 0..1 of the whole operation
  std::size_t placed = 0;       ///< shares
  std::size_t goal = 0;         ///< shares; 0: not known yet, nothing is said of shares
  std::uint64_t bytes_done = 0; ///< of bytes_total
  std::uint64_t bytes_total = 0;
  seconds elapsed{};
  seconds bytes_since{}; ///< when, of `elapsed`, the first of bytes_done began to flow
};

/// How the terminal wants it drawn.
struct progress_style {
  std::size_t width = 80; ///< columns
  bool color = false;
  bool unicode = false;
};

/// One line without its end, no wider than style.width: stage, bar, shares, rate, time left. What does not
/// fit is left out, the least important first.
std::string render(const progress_state& state, const progress_style& style);

/// The same for a file or a pipe: no bar, no colour.
std::string render_plain(const progress_state& state);

/// One column a character: control characters and anything beyond ASCII, of which the width would be a guess,
/// become '?'.
std::string printable(std::string_view text);
/// "1.5 MiB", "999 B".
std::string human_bytes(double bytes);
/// "0:07", "12:34", "1:02:03"; rounded up.
std::string human_time(seconds time);

/// What a descriptor is: a terminal (and how wide), whether NO_COLOR, TERM and the locale allow colour and
/// unicode.
struct output_facts {
  bool terminal = false;
  progress_style style;
};
output_facts facts_of(int descriptor);

/// Draws while an operation runs. On a terminal one line that is redrawn, and nothing at all for operations
/// that are over at once; elsewhere a plain line every few seconds.
class progress_display {
public:
  progress_display(output_facts facts, std::shared_ptr<bottom_line> to);
  /// Takes the line away when nobody called finish().
  ~progress_display();
  progress_display(const progress_display&) = delete;
  progress_display& operator=(const progress_display&) = delete;

  /// May be called as often as there is news; draws when it is time. state.elapsed is the clock.
  void update(const progress_state& state);
  /// Takes the line away and writes `summary`, if any, as the last line.
  void finish(std::string_view summary);

  static constexpr seconds quiet_time{0.2}; ///< what takes less shows no bar
  static constexpr seconds redraw_interval{0.05};
  static constexpr seconds line_interval{5};

private:
  output_facts facts_;
  std::shared_ptr<bottom_line> to_;
  std::optional<seconds> last_drawn_;
};

} // namespace truckee::cli
