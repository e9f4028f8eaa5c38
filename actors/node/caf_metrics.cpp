#include "truckee/actors/node/caf_metrics.hpp"

#include <caf/actor_system.hpp>
#include <caf/config.hpp>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#if CAF_MAJOR_VERSION >= 1

#include <algorithm>
#include <map>
#include <string>

#include <caf/telemetry/histogram.hpp>
#include <caf/telemetry/metric_registry.hpp>

namespace truckee {

namespace {

namespace ct = caf::telemetry;

/// CAF separates by dots and dashes, Prometheus by underlines.
std::string underlined(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return c == '-' || c == '.'; }, '_');
  return out;
}

/// What CAF's registry shows one series after the other, gathered by family.
class gatherer {
public:
  template <class Value>
  void operator()(const ct::metric_family* family, const ct::metric* series, const ct::counter<Value>* x) {
    add(family, series, prometheus::MetricType::Counter).counter.value = static_cast<double>(x->value());
  }
  void operator()(const ct::metric_family* family, const ct::metric* series, const ct::int_gauge* x) {
    gauge(family, series, static_cast<double>(x->value()));
  }
  void operator()(const ct::metric_family* family, const ct::metric* series, const ct::dbl_gauge* x) {
    gauge(family, series, x->value());
  }
  template <class Value>
  void operator()(const ct::metric_family* family, const ct::metric* series, const ct::histogram<Value>* x) {
    auto& out = add(family, series, prometheus::MetricType::Histogram).histogram;
    std::uint64_t below = 0;
    for (const auto& bucket : x->buckets()) {
      below += static_cast<std::uint64_t>(bucket.count.value());
      out.bucket.push_back({below, static_cast<double>(bucket.upper_bound)});
    }
    if (!out.bucket.empty()) // its bound is the greatest of its type, which may be an integer's
      out.bucket.back().upper_bound = std::numeric_limits<double>::infinity();
    out.sample_count = below;
    out.sample_sum = static_cast<double>(x->sum());
  }

  std::vector<prometheus::MetricFamily> families() && {
    std::vector<prometheus::MetricFamily> out;
    for (auto& [name, family] : families_)
      out.push_back(std::move(family));
    return out;
  }

private:
  /// CAF calls a sum a gauge too, when it may be added to only.
  void gauge(const ct::metric_family* family, const ct::metric* series, double value) {
    if (family->is_sum())
      add(family, series, prometheus::MetricType::Counter).counter.value = value;
    else
      add(family, series, prometheus::MetricType::Gauge).gauge.value = value;
  }

  prometheus::ClientMetric& add(const ct::metric_family* family, const ct::metric* series,
                                prometheus::MetricType type) {
    auto name = underlined(family->prefix()) + "_" + underlined(family->name());
    if (family->unit() != "1")
      name += "_" + family->unit();
    if (family->is_sum())
      name += "_total";
    auto& into = families_[name];
    into.name = std::move(name);
    into.help = family->helptext();
    into.type = type;
    auto& out = into.metric.emplace_back();
    for (const auto& label : series->labels())
      out.label.push_back({underlined(label.name()), std::string(label.value())});
    return out;
  }

  std::map<std::string, prometheus::MetricFamily> families_;
};

class caf_collectable : public prometheus::Collectable {
public:
  explicit caf_collectable(const ct::metric_registry& from) : from_(from) {}
  std::vector<prometheus::MetricFamily> Collect() const override {
    gatherer out;
    from_.collect(out);
    return std::move(out).families();
  }

private:
  const ct::metric_registry& from_;
};

} // namespace

std::vector<std::shared_ptr<prometheus::Collectable>> caf_metrics(caf::actor_system& system) {
  return {std::make_shared<caf_collectable>(system.metrics())};
}

} // namespace truckee

#else

namespace truckee {

std::vector<std::shared_ptr<prometheus::Collectable>> caf_metrics(caf::actor_system&) {
  return {};
}

} // namespace truckee

#endif
