#pragma once

#include "actors/test_services.hpp"
#include "simulation/actors/faulty_link.hpp"
#include "simulation/writer.hpp"
#include "truckee/actors/gateway/file_gateway.hpp"

namespace truckee::simulation {

/// What the clients of a run share.
struct client_place {
  test::deterministic& system;
  world& truth;
  wire_record& wires;
  const sim_file& file;
  actors::services_ptr services; ///< but for what is a client's own
  messages::byte_budget budget;  ///< one for all: as if their gateways were one
  std::size_t filler = 0;        ///< bytes before the updates in every content
};

enum class client_wish : std::uint8_t { append, put, create, get, check, repair };

struct client_plan {
  std::vector<client_wish> wishes;
  update_id first_update = 0;
  std::optional<std::uint64_t> crash_at; ///< when it is about to send this many messages
  bool impatient = false;                ///< gives some operations little time, or cancels them
};

struct client_result {
  client_wish wish = client_wish::get;
  update_id update = 0;
  bool ok = false;
  bool told = false;                      ///< of another writer
  effect became = effect::may_be_applied; ///< of a write
  bool gave_up = false;
  std::optional<grid::file_version> version;
  bytes content; ///< of a get
  std::string detail;
};

/// Filler, then one number an update.
bytes content_of(std::size_t filler, const std::vector<update_id>& updates);
/// Nothing where the bytes are no such content.
std::optional<std::vector<update_id>> updates_in(byte_view content, std::size_t filler);

/// A real client: gateway, and under it everything it spawns, over faulty links. Asks for one thing after
/// another as a user would. Checks invariants 1, 2, 4 and 6 at every answer.
class client {
public:
  using finished = std::function<void(client&)>;

  client(client_place place, client_plan plan, std::uint64_t seed, finished done);
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  void start(sim_time delay);
  /// Ends its actors; whatever they have under way may still land.
  void end();
  bool crashed() const { return crashed_; }
  bool done() const { return crashed_ || results_.size() == plan_.wishes.size(); }
  const std::vector<client_result>& results() const { return results_; }
  const client_plan& plan() const { return plan_; }

private:
  class seeded final : public random_source {
  public:
    explicit seeded(std::uint64_t seed) : dice_(seed) {}
    void fill(mutable_byte_view out) override {
      for (auto& b : out)
        b = static_cast<std::byte>(dice_.raw() & 0xff);
    }

  private:
    dice dice_;
  };

  bool may_send();
  void crash();
  void next();
  void ask(client_wish wish, std::uint64_t token, std::uint64_t timeout_ms);
  void create();
  template <class Reply, class Handle, class Request>
  void send(const Handle& to, Request request);
  void on_reply(const messages::publish_reply& reply);
  void on_reply(const messages::retrieve_reply& reply);
  void on_reply(const messages::check_reply& reply);
  void on_reply(const messages::repair_reply& reply);
  void settle(client_result result);
  void check_written(const messages::publish_reply& reply);
  bool lone() const;

  client_place place_;
  client_plan plan_;
  finished done_;
  std::size_t id_;
  dice dice_;
  std::shared_ptr<actors::services> services_;
  traffic wires_;
  std::vector<messages::server_link> links_;
  messages::file_gateway gateway_;
  std::vector<client_result> results_;
  std::uint64_t number_ = 0; ///< of the present operation
  sim_time began_ = 0;
  std::uint64_t sent_ = 0;
  bool gave_up_ = false;
  bool crashed_ = false;
  bool ended_ = false;
};

} // namespace truckee::simulation
