#include "truckee/actors/node/client_node.hpp"

#include "truckee/actors/gateway/gateway_client.hpp"
#include "truckee/actors/node/storage_node.hpp"
#include "truckee/actors/publish/byte_budget.hpp"
#include "truckee/base/private_file.hpp"
#include "truckee/crypto/base32.hpp"

namespace truckee::actors {

namespace {

/// The client's lease secret: read, or made when absent, as Tahoe-LAFS keeps its own (32 bytes, base32).
result<crypto::lease_secret> lease_secret_in(const std::filesystem::path& file) {
  auto read = read_small_file(file, 1024);
  if (!read && read.error().code == errc::not_found) {
    const auto made = system_random().make<crypto::lease_secret>();
    std::error_code failed;
    std::filesystem::create_directories(file.parent_path(), failed);
    if (failed)
      return fail(errc::io, file.parent_path().string() +
                                ": cannot be made, and this client's secrets are to be kept "
                                "there: " +
                                failed.message());
    auto written =
        write_private_file(file, as_bytes(crypto::to_base32(made.view()) + "\n"), existing_file::refuse);
    if (written)
      return made;
    if (written.error().code != errc::refused)
      return tl::unexpected(written.error());
    read = read_small_file(file, 1024); // another process was quicker
  }
  if (!read)
    return tl::unexpected(read.error());
  auto text = std::string(as_text(*read));
  text.erase(text.find_last_not_of(" \r\n\t") + 1);
  const auto raw = crypto::from_base32(text);
  const auto secret = raw ? crypto::lease_secret::from(*raw) : std::nullopt;
  if (!secret)
    return fail(errc::configuration,
                file.string() + ": not a lease secret (32 bytes in lower-case base32); put the right one "
                                "back, or remove the file to start with a new one");
  return *secret;
}

/// Shares in memory and on their way, over all publishes: CAF's own queues have no bound, and take some times
/// the bytes they hold.
constexpr std::uint64_t in_flight_bytes_max = 256ULL << 20;

grid::grid_limits limits_of(const settings::limit_settings& set) {
  grid::grid_limits out;
  if (set.publish_deadline)
    out.publish_deadline = *set.publish_deadline;
  if (set.server_deadline)
    out.server_deadline_base = *set.server_deadline;
  return out;
}

} // namespace

result<std::unique_ptr<client_node>> client_node::start(client_options options) {
  if (options.grid.tls && !options.node.tls)
    options.node.tls = options.grid.tls;
  const auto secret = lease_secret_in(
      options.grid.lease_secret.value_or(options.data_home / "truckee" / "private" / "secret"));
  if (!secret)
    return tl::unexpected(secret.error());
  auto n = node::start(options.node);
  if (!n)
    return tl::unexpected(n.error());
  std::unique_ptr<client_node> out(new client_node(std::move(*n)));
  auto& owner = *out->node_;
  owner.recorder()->expect_publishes();
  auto own = std::make_shared<services>(*owner.shared());
  own->lease = *secret;
  own->limits = limits_of(options.grid.limits);
  own->buffers = std::make_shared<buffer_pool>(options.kept_buffer_bytes_max);
  logs::say(owner.log(), logs::events::client_started,
            {{"version", truckee_version()},
             {"caf", caf_version()},
             {"servers", options.grid.servers.size()},
             {"needed", options.grid.encoding.needed},
             {"total", options.grid.encoding.total},
             {"happy", options.grid.encoding.happy},
             {"tls", options.node.tls.has_value()}});
  const auto budget = options.grid.limits.in_flight_bytes.value_or(in_flight_bytes_max);
  own->budget = spawn_byte_budget(owner.system(), std::make_shared<const services>(*own), budget);
  owner.own(caf::actor_cast<caf::strong_actor_ptr>(own->budget));
  out->services_ = std::move(own);
  gateway_options gateway;
  gateway.defaults = options.grid.encoding;
  gateway.keys_ready = options.grid.limits.keys_ready.value_or(options.keys_ready);
  for (const auto& server : options.grid.servers) {
    auto link = out->link_to(server, options);
    if (!link)
      return tl::unexpected(link.error());
    gateway.servers.push_back({server.name, *link, server.preferred, server.permutation_seed});
  }
  out->gateway_ = spawn_file_gateway(owner.system(), out->services_, std::move(gateway));
  return out;
}

result<messages::server_link> client_node::link_to(const settings::server_config& server,
                                                   const client_options& options) {
  link_options link;
  link.name = server.name;
  link.pinned = server.id;
  if (options.grid.limits.connect_timeout)
    link.limits.connect_timeout = *options.grid.limits.connect_timeout;
  if (const auto* local = std::get_if<settings::local_directory>(&server.where)) {
    storage::disk_store_options store;
    store.directory = local->path;
    store.durability = options.durability;
    auto opened = open_storage_server(*node_, store, server.name);
    if (!opened)
      return tl::unexpected(opened.error());
    link.endpoint = *opened;
  } else if (const auto* remote = std::get_if<settings::caf_address>(&server.where)) {
    if (!remote->at.is_loopback() && !options.grid.tls)
      return fail(
          errc::refused,
          "refusing to connect to " + to_string(remote->at) + " (" + server.name +
              ") without mutual TLS; make certificates with `truckee certs DIR NAME...` and name them in "
              "the grid file's [tls]");
    link.endpoint = remote_endpoint{remote->at.host, remote->at.port, options.grid.tls};
  } else {
    return fail(errc::configuration,
                server.name + ": servers reached by nurl (Tahoe-LAFS over HTTPS) are not supported yet");
  }
  auto out = spawn_server_link(node_->system(), services_, std::move(link));
  node_->own(caf::actor_cast<caf::strong_actor_ptr>(out));
  return out;
}

messages::publish_reply client_node::ask(messages::publish_request request) {
  return ask_gateway<messages::publish_reply>(system(), gateway_, std::move(request));
}

messages::retrieve_reply client_node::ask(messages::retrieve_request request) {
  return ask_gateway<messages::retrieve_reply>(system(), gateway_, std::move(request));
}

messages::check_reply client_node::ask(messages::check_request request) {
  return ask_gateway<messages::check_reply>(system(), gateway_, std::move(request));
}

client_node::~client_node() {
  if (gateway_) {
    // The gateway ends once its operations have.
    const auto gateway = caf::actor_cast<caf::actor>(gateway_);
    gateway_ = messages::file_gateway{};
    messages::send_anonymously(gateway, messages::stop{});
    caf::scoped_actor self(node_->system());
    self->wait_for(gateway);
  }
  // Handles go before the system they belong to.
  services_.reset();
  node_.reset();
}

} // namespace truckee::actors
