#pragma once

#include "actors/scripted_server.hpp"
#include "actors/test_services.hpp"
#include "truckee/actors/gateway/file_gateway.hpp"
#include "truckee/actors/links/server_link.hpp"
#include "truckee/actors/operations/file_reader.hpp"
#include "truckee/actors/operations/file_writer.hpp"
#include "truckee/codec/sdmf/share.hpp"

#include <future>

/// A whole client and its servers in one deterministic actor system.
namespace truckee::test {

inline crypto::private_key vector_key(int number) {
  const auto file = "keys/key" + std::to_string(number) + ".pkcs8.der";
  auto key = crypto::private_key::from_der(read_file(vector_path(file)));
  if (!key)
    throw std::runtime_error(file + ": " + to_string(key.error()));
  return *key;
}

struct grid_shape {
  std::size_t servers = 10;
  std::size_t compute_threads = 0;
  std::uint64_t seed = 1;
  grid::spread spread{3, 10, 7};
  std::optional<grid::strict_terms> strict = {};
  crypto::file_format format = crypto::file_format::sdmf; ///< of the files it makes
};

class test_grid {
public:
  explicit test_grid(grid_shape shape = {})
    : compute(std::make_shared<worker_pool>(shape.compute_threads)), services(test_services(run, shape.seed)),
      shape_(shape) {
    services->compute = compute;
    for (std::size_t i = 0; i < shape.servers; ++i)
      add_server(make_script(i));
  }
  test_grid(const test_grid&) = delete;
  test_grid& operator=(const test_grid&) = delete;
  ~test_grid() { end(); }

  void add_server(script_ptr script) {
    servers.push_back(messages::spawn<scripted_server_state>(run.system(), script));
    scripts.push_back(std::move(script));
    add_link(servers.back());
  }

  void add_link(actors::link_endpoint endpoint) {
    actors::link_options options;
    options.name = "s" + std::to_string(links.size());
    options.endpoint = std::move(endpoint);
    links.push_back(actors::spawn_server_link(run.system(), services, std::move(options)));
  }

  /// Made at first use, so that a test can change servers and limits before.
  messages::file_gateway& gateway() {
    if (!gateway_) {
      actors::gateway_options options;
      for (std::size_t i = 0; i < links.size(); ++i)
        options.servers.push_back({"s" + std::to_string(i), links[i], false, std::nullopt});
      options.defaults = shape_.spread;
      options.strict = shape_.strict;
      options.limits = gateway_limits;
      gateway_ = actors::spawn_file_gateway(run.system(), services, std::move(options));
      run.settle();
    }
    return gateway_;
  }

  actors::server_list_ptr server_list() const {
    std::vector<actors::server_entry> entries;
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      const auto info = scripts[i]->store->info();
      entries.push_back({"s" + std::to_string(i), info.id, info.permutation_seed, false, links[i]});
    }
    return std::make_shared<const actors::server_list>(std::move(entries));
  }

  /// A new file with one of the vectors' keys, without waiting for a key to be made.
  answer_ptr<messages::publish_reply> start_create(const std::string& content, int key = 0) {
    actors::write_task task;
    task.context.services = services;
    task.context.servers = server_list();
    task.key = vector_key(key);
    const crypto::file_keys keys(*task.key);
    task.context.access = shares::access_to({shape_.format, keys.write, keys.fingerprint});
    task.content = shared_bytes::copy_of(content);
    task.defaults = shape_.spread;
    return run.ask<messages::publish_reply>(actors::spawn_file_writer(run.system(), std::move(task)),
                                            messages::run{});
  }
  void create(const std::string& content, int key = 0) {
    const auto done = start_create(content, key);
    run.settle();
    if (!(*done)->ok)
      throw std::runtime_error("cannot create: " + to_string((*done)->failure));
  }

  /// A put of another client, which knows nothing of what this gateway sent.
  answer_ptr<messages::publish_reply> put_of_another(const std::string& content, int key = 0) {
    actors::write_task task;
    task.context.services = services;
    task.context.servers = server_list();
    const crypto::file_keys keys(vector_key(key));
    task.context.access = shares::access_to({shape_.format, keys.write, keys.fingerprint});
    task.content = shared_bytes::copy_of(content);
    task.defaults = shape_.spread;
    return run.ask<messages::publish_reply>(actors::spawn_file_writer(run.system(), std::move(task)),
                                            messages::run{});
  }

  static std::string write_cap(int key = 0, crypto::file_format format = crypto::file_format::sdmf) {
    const crypto::file_keys keys(vector_key(key));
    return to_text(crypto::file_cap(crypto::write_cap{format, keys.write, keys.fingerprint}));
  }

  answer_ptr<messages::publish_reply> put(const std::string& content, std::uint64_t token = 0, int key = 0,
                                          std::uint64_t timeout_ms = 0) {
    messages::publish_request x;
    x.token = {token};
    x.write_cap = write_cap(key, shape_.format);
    x.content = shared_bytes::copy_of(content);
    x.timeout_ms = timeout_ms;
    return run.ask<messages::publish_reply>(gateway(), x);
  }
  answer_ptr<messages::publish_reply> put_new(const std::string& content, std::uint64_t token = 0,
                                              std::uint64_t timeout_ms = 0) {
    messages::publish_request x;
    x.token = {token};
    x.format = shape_.format;
    x.content = shared_bytes::copy_of(content);
    x.timeout_ms = timeout_ms;
    return run.ask<messages::publish_reply>(gateway(), x);
  }
  answer_ptr<messages::retrieve_reply> get(std::uint64_t token = 0, int key = 0) {
    messages::retrieve_request x;
    x.token = {token};
    x.cap = write_cap(key, shape_.format);
    return run.ask<messages::retrieve_reply>(gateway(), x);
  }
  /// Only that part of the content.
  answer_ptr<messages::retrieve_reply> get_range(const shares::content_range& range, int key = 0) {
    const crypto::file_keys keys(vector_key(key));
    actors::read_task task;
    task.context.services = services;
    task.context.servers = server_list();
    task.context.access = shares::access_to({shape_.format, keys.write, keys.fingerprint});
    task.range = range;
    return run.ask<messages::retrieve_reply>(actors::spawn_file_reader(run.system(), std::move(task)),
                                             messages::run{});
  }
  answer_ptr<messages::check_reply> check(std::uint64_t token = 0, int key = 0) {
    messages::check_request x;
    x.token = {token};
    x.cap = write_cap(key, shape_.format);
    return run.ask<messages::check_reply>(gateway(), x);
  }
  answer_ptr<messages::check_reply> verify(int key = 0) {
    messages::check_request x;
    x.cap = write_cap(key, shape_.format);
    x.verify = true;
    return run.ask<messages::check_reply>(gateway(), x);
  }
  answer_ptr<messages::repair_reply> repair(int key = 0) {
    messages::repair_request x;
    x.write_cap = write_cap(key, shape_.format);
    return run.ask<messages::repair_reply>(gateway(), x);
  }
  bool cancel(std::uint64_t token) {
    const auto done = run.ask<messages::cancel_answer>(gateway(), messages::cancel_request{{token}});
    run.settle();
    return (*done)->found;
  }

  template <class Answer>
  bool wait(const answer_ptr<Answer>& for_what, messages::duration limit = std::chrono::minutes(10)) {
    return run.wait_for([&] { return for_what->done(); }, limit);
  }

  /// Waits for all jobs given to the compute threads so far; with none there is nothing to wait for.
  void join_compute() {
    if (compute->threads() == 0)
      return;
    for (int i = 0; i < 20; ++i) {
      auto done = std::make_shared<std::promise<void>>();
      compute->submit([done] { done->set_value(); });
      done->get_future().wait();
      run.settle();
    }
  }

  /// The next use makes another one, with the links there are then.
  void end_gateway() {
    if (gateway_)
      messages::send_anonymously(caf::actor_cast<caf::actor>(gateway_), messages::stop{});
    run.settle();
    join_compute();
    gateway_ = messages::file_gateway{};
  }

  void end_links() {
    for (auto& link : links)
      run.kill(link);
    links.clear();
  }

  /// Ends gateway, links and servers; how many actors are left then.
  std::size_t end() {
    end_gateway();
    end_links();
    for (auto& server : servers)
      run.kill(server);
    servers.clear();
    for (auto& script : scripts)
      script->held.clear();
    run.settle();
    run.wait_for([&] { return run.running() == 0; }, std::chrono::minutes(30));
    return run.running();
  }

  std::shared_ptr<worker_pool> compute;
  deterministic run;
  std::shared_ptr<actors::services> services;
  actors::gateway_limits gateway_limits;
  std::vector<script_ptr> scripts;
  std::vector<messages::storage_server> servers;
  std::vector<messages::server_link> links;

private:
  grid_shape shape_;
  messages::file_gateway gateway_;
};

} // namespace truckee::test
