#include "truckee/logs/event_log.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

namespace truckee::logs {

namespace {

spdlog::level::level_enum native(level x) {
  switch (x) {
  case level::debug:
    return spdlog::level::debug;
  case level::info:
    return spdlog::level::info;
  case level::warning:
    return spdlog::level::warn;
  case level::error:
    return spdlog::level::err;
  case level::off:
    break;
  }
  return spdlog::level::off;
}

std::unique_ptr<spdlog::formatter> formatter_for(line_format format) {
  const auto* pattern = format == line_format::json
                            ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","component":"%n",%v})"
                            : "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l component=%n %v";
  return std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, "\n");
}

/// Writes formatted lines; says how many were dropped before one of them.
class line_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  line_sink(line_format format, line_writer to) : format_(format), to_(std::move(to)) {
    set_formatter(formatter_for(format));
  }

  /// Set once, before the first line.
  spdlog::details::thread_pool* threads = nullptr;

protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    if (threads) {
      const auto dropped = threads->overrun_counter();
      if (dropped > told_)
        tell_dropped(dropped - told_, text);
      told_ = dropped;
    }
    formatter_->format(message, text);
    to_({text.data(), text.size()});
  }
  void flush_() override {}

private:
  void tell_dropped(std::size_t lines, spdlog::memory_buf_t& text) {
    const auto payload = render(events::lines_dropped.name, std::array{field{"lines", lines}}, format_);
    const auto name = to_text(events::lines_dropped.from);
    const spdlog::details::log_msg message({name.data(), name.size()}, native(events::lines_dropped.severity),
                                           {payload.data(), payload.size()});
    formatter_->format(message, text);
  }

  line_format format_;
  line_writer to_;
  std::size_t told_ = 0;
};

} // namespace

struct event_log::state {
  record_sink direct; ///< instead of all the rest
  level least = level::off;
  line_format format = line_format::text;
  std::array<level, component_count> levels{};
  std::size_t queued_lines = 0;
  std::shared_ptr<line_sink> sink;
  std::shared_ptr<log_file> file; ///< where it is one
  std::once_flag begun;           ///< what follows is there after that
  std::array<std::shared_ptr<spdlog::async_logger>, component_count> loggers;
  std::shared_ptr<spdlog::details::thread_pool> threads; // ends first, and writes what is queued

  /// The queue has its whole memory at once, and a thread: a program that says nothing does without.
  void begin() {
    threads = std::make_shared<spdlog::details::thread_pool>(queued_lines, 1);
    sink->threads = threads.get();
    for (std::uint8_t i = 0; i < component_count; ++i) {
      auto& logger = loggers[i];
      logger = std::make_shared<spdlog::async_logger>(std::string(to_text(static_cast<component>(i))), sink,
                                                      threads, spdlog::async_overflow_policy::overrun_oldest);
      logger->set_level(native(levels[i]));
      // What cannot be written is lost; there is nobody to tell.
      logger->set_error_handler([](const std::string&) {});
    }
  }

  spdlog::async_logger& logger_of(component who) {
    std::call_once(begun, [this] { begin(); });
    return *loggers[static_cast<std::size_t>(who)];
  }
};

event_log::event_log(const settings& how, level otherwise, line_writer to, std::size_t queued_lines)
  : state_(std::make_unique<state>()) {
  state_->format = how.format.value_or(line_format::text);
  state_->queued_lines = queued_lines;
  state_->sink = std::make_shared<line_sink>(state_->format, std::move(to));
  for (std::uint8_t i = 0; i < component_count; ++i)
    state_->levels[i] = how.level_of(static_cast<component>(i), otherwise);
}

event_log::event_log(const settings& how, level otherwise, std::shared_ptr<log_file> to)
  : event_log(how, otherwise, [to](std::string_view lines) { to->write(lines); }) {
  state_->file = std::move(to);
}

event_log::event_log(level least, record_sink to) : state_(std::make_unique<state>()) {
  state_->direct = std::move(to);
  state_->least = least;
}

event_log::~event_log() = default;

result<void> event_log::reopen() {
  if (!state_->file)
    return {};
  if (auto again = state_->file->reopen(); !again)
    return again;
  say(events::log_reopened, {{"file", state_->file->path().string()}});
  return {};
}

bool event_log::wants(const event& what) const noexcept {
  if (state_->direct)
    return what.severity >= state_->least;
  const auto least = state_->levels[static_cast<std::size_t>(what.from)];
  return least != level::off && what.severity >= least;
}

void event_log::say(const event& what, std::initializer_list<field> fields) noexcept {
  if (!wants(what))
    return;
  try {
    if (state_->direct)
      return state_->direct({what.severity, what.from, what.name, {fields.begin(), fields.size()}});
    const auto payload = render(what.name, {fields.begin(), fields.size()}, state_->format);
    state_->logger_of(what.from).log(native(what.severity),
                                     spdlog::string_view_t(payload.data(), payload.size()));
  } catch (...) {
    // Out of memory or of threads: the event is lost, and whoever said it goes on.
  }
}

std::string record::text() const {
  return render(event, fields, line_format::text);
}

namespace {

result<int> open_to_append(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (descriptor < 0)
    return fail(errc::configuration,
                "cannot append to the log file " + file.string() + ": " +
                    std::strerror(errno)); // NOLINT(concurrency-mt-unsafe): the text is copied at once
  return descriptor;
}

} // namespace

result<std::shared_ptr<log_file>> log_file::open(const std::filesystem::path& file) {
  const auto descriptor = open_to_append(file);
  if (!descriptor)
    return tl::unexpected(descriptor.error());
  return std::shared_ptr<log_file>(new log_file(file, *descriptor));
}

log_file::~log_file() {
  ::close(descriptor_);
}

result<void> log_file::reopen() {
  const auto next = open_to_append(path_);
  if (!next)
    return tl::unexpected(next.error());
  const std::lock_guard lock(mutex_);
  ::close(std::exchange(descriptor_, *next));
  return {};
}

void log_file::write(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  while (!lines.empty()) {
    const auto n = ::write(descriptor_, lines.data(), lines.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return;
    lines.remove_prefix(static_cast<std::size_t>(n));
  }
}

} // namespace truckee::logs
