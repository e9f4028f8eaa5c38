#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace truckee::metrics {

/// A recorder's series in a registry that may hold others' too: each has the recorder's own labels, and all
/// are taken out again at its end.
class series {
public:
  series(std::shared_ptr<prometheus::Registry> registry, prometheus::Labels own)
    : registry_(std::move(registry)), own_(std::move(own)) {}
  ~series() {
    // prometheus-cpp looks through a whole family for each that is taken out; a registry that is ours alone goes as it is.
    if (registry_.use_count() == 1)
      return;
    for (const auto& [what, take_out] : added_)
      take_out();
  }
  series(const series&) = delete;
  series& operator=(const series&) = delete;

  prometheus::Registry& registry() const { return *registry_; }
  const std::shared_ptr<prometheus::Registry>& shared_registry() const { return registry_; }

  template <class Metric, class... More>
  Metric& add(prometheus::Family<Metric>& to, prometheus::Labels labels, const More&... more) {
    labels.insert(own_.begin(), own_.end());
    auto& out = to.Add(labels, more...);
    const std::lock_guard lock(mutex_);
    added_.emplace(&out, [&to, &out] { to.Remove(&out); });
    return out;
  }

  /// One that was added, before the end.
  template <class Metric>
  void take_out(prometheus::Family<Metric>& from, Metric& what) {
    const std::lock_guard lock(mutex_);
    added_.erase(&what);
    from.Remove(&what);
  }

  /// Whether the family has a series of these labels and the recorder's own.
  template <class Metric>
  bool has(const prometheus::Family<Metric>& in, prometheus::Labels labels) const {
    labels.insert(own_.begin(), own_.end());
    return in.Has(labels);
  }

private:
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Labels own_;
  std::mutex mutex_;
  std::map<const void*, std::function<void()>> added_;
};

} // namespace truckee::metrics
