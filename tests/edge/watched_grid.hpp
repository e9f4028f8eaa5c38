#pragma once

#include "edge/prometheus.hpp"
#include "program/support/program.hpp"

#include <atomic>
#include <thread>

/// A gateway, two storage nodes, a Prometheus that scrapes all three each second, and somebody who uses the
/// gateway. Each node is a process of the real program and asks for a login. The gateway serves its metrics
/// over HTTPS to certificates it knows, alpha over HTTPS to everybody, beta over HTTP.
namespace truckee::test {

class watched_grid : public program_test {
protected:
  void SetUp() override;
  void TearDown() override;

  prometheus_server& prometheus() { return *prometheus_; }
  /// What a node serves, scraped with the login.
  std::string exposition(process& node) const;
  process& gateway() { return *gateway_; }
  /// From now on what is asked of the gateway may fail.
  void expect_trouble() { trouble_ = true; }
  process& store(std::size_t i) { return *stores_.at(i); }

private:
  void start_stores();
  void start_gateway();
  void start_prometheus();
  /// Publishes, reads, checks, verifies, repairs and appends, and asks over HTTP in vain, over and over.
  void work(const std::stop_token& stopped);

  std::vector<process*> stores_;
  process* gateway_ = nullptr;
  std::string gateway_at_, http_at_;
  std::unique_ptr<prometheus_server> prometheus_;
  std::atomic<bool> trouble_ = false;
  std::jthread load_;
};

} // namespace truckee::test
