#include "side.hpp"
#include "truckee/actors/node/client_node.hpp"
#include "truckee/control/gateway.hpp"
#include "truckee/messages/caf/send.hpp"

#include <future>
#include <thread>

namespace truckee::bench {

namespace {

template <class Reply>
Reply must(Reply reply) {
  if (!reply.ok)
    give_up(to_string(reply.failure));
  return reply;
}

/// So many files, each of which has one update on its way until enough were begun.
struct turns : std::enable_shared_from_this<turns> {
  turns(caf::event_based_actor* by, messages::file_gateway to, std::vector<std::string> write_caps,
        std::size_t count, std::shared_ptr<std::promise<void>> end)
    : self(by), gateway(std::move(to)), caps(std::move(write_caps)), left(count), over(std::move(end)) {}

  void next(std::size_t file) {
    if (left == 0)
      return;
    --left;
    ++under_way;
    messages::request(
        self, gateway, std::chrono::minutes(5),
        messages::publish_request{.write_cap = caps[file], .content = content_of(1024, left)},
        [me = shared_from_this(), file](const messages::publish_reply& reply) {
          must(reply);
          me->next(file);
          if (--me->under_way == 0)
            me->over->set_value();
        },
        [](const caf::error&) { give_up("the gateway does not answer"); });
  }

  caf::event_based_actor* self;
  messages::file_gateway gateway;
  std::vector<std::string> caps;
  std::size_t left;
  std::size_t under_way = 0;
  std::shared_ptr<std::promise<void>> over;
};

class whole_client final : public side {
public:
  explicit whole_client(const place& where) {
    auto started = actors::client_node::start(
        {.grid = grid_of(where), .data_home = where.home, .durability = where.durability});
    if (!started)
      give_up(to_string(started.error()));
    client_ = std::move(*started);
  }

  void create(const shared_bytes& content) override {
    caps_[content.size()] = must(client_->ask(messages::publish_request{.content = content})).write_cap;
  }

  void update(const shared_bytes& content) override {
    must(client_->ask(messages::publish_request{.write_cap = caps_.at(content.size()), .content = content}));
  }

  shared_bytes read(std::size_t size) override {
    return must(client_->ask(messages::retrieve_request{.cap = caps_.at(size)})).content;
  }

  void flight(std::size_t files, std::size_t updates) override {
    make_small(files);
    const auto over = std::make_shared<std::promise<void>>();
    // With an argument: CAF 0.17 looks into an empty pointer where a function has none.
    client_->system().spawn(
        [&](caf::event_based_actor* self, std::size_t side_by_side) {
          const auto all = std::make_shared<turns>(self, client_->gateway(), small_, updates, over);
          for (std::size_t i = 0; i < side_by_side; ++i)
            all->next(i);
        },
        files);
    over->get_future().wait();
  }

  std::uint64_t syncs() override {
    constexpr std::string_view name = "\ntruckee_storage_syncs_total ";
    const auto all = client_->metrics()->text();
    const auto at = all.find(name);
    return at == std::string::npos ? 0 : std::stoull(all.substr(at + name.size()));
  }

private:
  static settings::grid_config grid_of(const place& where) {
    auto out = settings::embedded_grid(where.home);
    out.encoding = where.shape;
    out.limits.operations_per_caller = 1000; // in flight; 256 without it
    const auto like = out.servers.front();
    out.servers.clear();
    for (std::size_t i = 0; i < where.servers; ++i) {
      auto& server = out.servers.emplace_back(like);
      server.name = std::to_string(i);
      server.where = settings::local_directory{where.home / "truckee" / "grid" / server.name};
    }
    return out;
  }

  /// Each has a key of its own, which takes a fifth of a second: as many at once as there are processors.
  void make_small(std::size_t files) {
    while (small_.size() < files) {
      const auto now =
          std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()), files - small_.size());
      std::vector<std::future<messages::publish_reply>> made;
      for (std::size_t i = 0; i < now; ++i)
        made.push_back(control::ask_later(client_->system(), client_->gateway(),
                                          messages::publish_request{.content = content_of(1024, 0)}));
      for (auto& one : made)
        small_.push_back(must(one.get()).write_cap);
    }
  }

  std::unique_ptr<actors::client_node> client_;
  std::map<std::size_t, std::string> caps_; ///< by size
  std::vector<std::string> small_;
};

} // namespace

std::unique_ptr<side> client_side(const place& where) {
  return std::make_unique<whole_client>(where);
}

} // namespace truckee::bench
