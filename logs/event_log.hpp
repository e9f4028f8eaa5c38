#pragma once

#include "truckee/base/result.hpp"
#include "truckee/logs/events.hpp"
#include "truckee/logs/settings.hpp"

#include <concepts>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <variant>

namespace truckee::logs {

/// A value of a line. Texts are only looked at while say() runs.
using value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

/// One key with its value; the key is one of the event's.
struct field {
  template <class T>
  field(std::string_view k, const T& x) : key(k), what(as_value(x)) {}

  std::string_view key;
  value what;

private:
  static value as_value(std::same_as<bool> auto x) { return x; }
  static value as_value(std::signed_integral auto x) { return std::int64_t{x}; }
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) static value as_value(T x) { return std::uint64_t{x}; }
  static value as_value(std::floating_point auto x) { return double{x}; }
  static value as_value(std::string_view x) { return x; }
};

/// The whole text of one or more lines, each with its end.
using line_writer = std::function<void(std::string_view lines)>;

/// An event as it happened; its texts are only there while the sink runs.
struct record {
  level severity;
  component from;
  std::string_view event;
  std::span<const field> fields;

  /// As in a line of text, without time, level and component: event=link_up server=alpha ...
  std::string text() const;
};

/// Gets events in the thread where they happen: any one, several at once. Returns soon, and throws nothing.
using record_sink = std::function<void(const record&)>;

class log_file;

/// Takes events from any thread and has them written by a thread of its own. When that one cannot keep up
/// (a slow disk, a terminal that was stopped), the oldest lines are dropped, counted and told of: nobody who
/// says something ever waits.
class event_log {
public:
  static constexpr std::size_t queued_lines_max = 8192;
  /// Of one value; the rest is cut off.
  static constexpr std::size_t value_bytes_max = 500;

  event_log(const settings& how, level otherwise, line_writer to,
            std::size_t queued_lines = queued_lines_max);
  /// The same into a file.
  event_log(const settings& how, level otherwise, std::shared_ptr<log_file> to);
  /// For a host with a log of its own: every event from `least` on goes to `to` at once, and no thread is made.
  event_log(level least, record_sink to);
  /// Waits until everything is written.
  ~event_log();
  event_log(const event_log&) = delete;
  event_log& operator=(const event_log&) = delete;

  /// Goes on in a file of the same name, where it writes to one: whoever moved the old one away (logrotate) gets a new
  /// one. No line is lost or torn. errc::configuration: it goes on in the old one.
  result<void> reopen();

  bool wants(const event& what) const noexcept;
  void say(const event& what, std::initializer_list<field> fields) noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// What actors hold; empty: nobody listens.
using log_ptr = std::shared_ptr<event_log>;

/// For events whose values cost something to make.
inline bool wants(const log_ptr& log, const event& what) noexcept {
  return log && log->wants(what);
}

inline void say(const log_ptr& log, const event& what, std::initializer_list<field> fields) noexcept {
  if (log)
    log->say(what, fields);
}

/// A file that lines are appended to, made when absent, readable by its owner and group.
class log_file {
public:
  /// errc::configuration where that cannot be.
  static result<std::shared_ptr<log_file>> open(const std::filesystem::path& file);
  ~log_file();
  log_file(const log_file&) = delete;
  log_file& operator=(const log_file&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(std::string_view lines);
  /// Opens the name again; as open(). What was opened before stays where that fails.
  result<void> reopen();

private:
  log_file(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  std::mutex mutex_;
  int descriptor_; ///< guarded by it
};

/// The event and its fields as they stand in a line, without time, level and component.
std::string render(std::string_view event, std::span<const field> fields, line_format format);

} // namespace truckee::logs
