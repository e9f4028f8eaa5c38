#include "truckee/metrics/process_metrics.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace truckee::metrics {

namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

/// The fields of /proc/self/stat from the third on: the second, the program's name, may hold anything.
std::vector<double> process_stat() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  std::vector<double> out;
  if (name_end == std::string::npos || name_end + 3 > text.size())
    return out;
  std::istringstream rest(text.substr(name_end + 3)); // behind ") S", the state
  for (double x = 0; rest >> x;)
    out.push_back(x);
  return out;
}

/// When the machine started, in unix seconds.
std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;)
    if (double at = 0; word == "btime" && file >> at)
      return at;
  return std::nullopt;
}

std::optional<double> open_descriptors() {
  std::error_code failed;
  double count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", failed), end; !failed && at != end;
       at.increment(failed))
    ++count;
  return failed ? std::nullopt : std::optional(count - 1); // without the one that looks
}

class process_collector final : public prometheus::Collectable {
public:
  std::vector<MetricFamily> Collect() const override {
    std::vector<MetricFamily> out;
    const auto add = [&out](const char* name, const char* help, MetricType type, double value) {
      prometheus::ClientMetric metric;
      (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
      out.push_back({name, help, type, {metric}});
    };
    // Numbered as in proc(5), less four.
    constexpr std::size_t utime = 10, stime = 11, threads = 16, start_time = 18, vsize = 19, rss = 20;
    const auto stat = process_stat();
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    if (stat.size() > rss) {
      add("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
          MetricType::Counter, (stat[utime] + stat[stime]) / ticks);
      add("process_threads", "Number of OS threads in the process.", MetricType::Gauge, stat[threads]);
      add("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::Gauge, stat[vsize]);
      add("process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge,
          stat[rss] * static_cast<double>(::sysconf(_SC_PAGESIZE)));
      if (const auto boot = boot_time())
        add("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
            MetricType::Gauge, *boot + stat[start_time] / ticks);
    }
    if (const auto count = open_descriptors())
      add("process_open_fds", "Number of open file descriptors.", MetricType::Gauge, *count);
    if (rlimit most{}; ::getrlimit(RLIMIT_NOFILE, &most) == 0)
      add("process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge,
          static_cast<double>(most.rlim_cur));
    return out;
  }
};

} // namespace

std::shared_ptr<prometheus::Collectable> process_metrics() {
  return std::make_shared<process_collector>();
}

} // namespace truckee::metrics
